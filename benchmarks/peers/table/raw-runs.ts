import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { PeerRun } from "../measure/run-peer.ts";

/** Why a peer's job has no figure although it was tried. */
export interface FailedRun {
  readonly peer: string;
  readonly job: string;
  readonly block: number;
  readonly events: number;
  readonly error: string;
}

/** The raw results of a comparison: a line of JSON per run, appended as it ends. */
export class RawRuns {
  readonly #file: string;
  #runs: (PeerRun | FailedRun)[];

  constructor(file: string) {
    this.#file = file;
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    // A kill can leave half a line at the end.
    this.#runs = lines.filter(isWhole).map((line) => JSON.parse(line) as PeerRun | FailedRun);
  }

  get all(): readonly (PeerRun | FailedRun)[] {
    return this.#runs;
  }

  /** Whether a run is there and need not be done again; one that failed is. */
  has(run: RunName): boolean {
    return this.#runs.some((known) => !("error" in known) && isSame(known, run));
  }

  /** Forgets runs, which are then done again. */
  forget(isForgotten: (run: PeerRun | FailedRun) => boolean): void {
    const kept = this.#runs.filter((run) => !isForgotten(run));
    if (kept.length === this.#runs.length) return;
    this.#runs = kept;
    writeFileSync(this.#file, this.#runs.map((run) => `${JSON.stringify(run)}\n`).join(""));
  }

  /** Adds a run, in the place of one that failed. */
  add(run: PeerRun | FailedRun): void {
    this.forget((known) => "error" in known && isSame(known, run));
    this.#runs.push(run);
    appendFileSync(this.#file, `${JSON.stringify(run)}\n`);
  }
}

type RunName = Pick<FailedRun, "peer" | "job" | "block" | "events">;

function isSame(one: RunName, other: RunName): boolean {
  return (
    one.peer === other.peer &&
    one.job === other.job &&
    one.block === other.block &&
    one.events === other.events
  );
}

function isWhole(line: string): boolean {
  return line.startsWith("{") && line.endsWith("}");
}
