import { isMillraceError } from "@millrace/core";
import type { ObservedRun, OpenTurn, RunNotice } from "@millrace/runtime";

/** What a run is about. */
type RunState = "starting" | "restoring" | "running" | "restarting" | "failed";

interface Observed {
  readonly run: ObservedRun;
  state: RunState;
  /** Why it failed, or restores itself. */
  error: { readonly code: string; readonly message: string } | undefined;
}

/** A run as a probe reads it. */
export interface RunHealth {
  readonly pipeline: string;
  readonly state: RunState;
  readonly error?: { readonly code: string; readonly message: string };
  /** A task whose turn goes on for too long. */
  readonly stuck?: { readonly task: string; readonly seconds: number };
}

/** What a probe is answered. */
export interface ProbeAnswer {
  readonly isGood: boolean;
  readonly body: { readonly status: string; readonly runs: readonly RunHealth[] };
}

/**
 * Whether the runs of a process are alive, and whether they work. A run that has ended is
 * forgotten; one that has failed is remembered until its pipeline is started again.
 */
export class Health {
  readonly #stuckAfterMs: number;
  readonly #runs = new Set<Observed>();

  constructor(stuckAfterMs: number) {
    this.#stuckAfterMs = stuckAfterMs;
  }

  /** As `RunObserver`. */
  observe(run: ObservedRun): (notice: RunNotice) => void {
    for (const other of this.#runs) {
      const isReplaced = other.state === "failed" && other.run.pipeline === run.pipeline;
      if (isReplaced) this.#runs.delete(other);
    }
    const observed: Observed = { run, state: "starting", error: undefined };
    this.#runs.add(observed);
    return (notice) => this.#take(observed, notice);
  }

  /** Bad when a run has failed or a task is stuck: somebody should start the process again. */
  liveness(): ProbeAnswer {
    const runs = this.#all();
    const isGood = runs.every(({ state, stuck }) => state !== "failed" && stuck === undefined);
    return { isGood, body: { status: isGood ? "ok" : "failed", runs } };
  }

  /** Good when every run has its share, restored, and there is one. */
  readiness(): ProbeAnswer {
    const runs = this.#all();
    const isGood = runs.length > 0 && runs.every(({ state }) => state === "running");
    return { isGood, body: { status: isGood ? "ready" : "not ready", runs } };
  }

  #all(): RunHealth[] {
    return [...this.#runs].map(({ run, state, error }): RunHealth => {
      const turn = run.longestTurn();
      return {
        pipeline: run.pipeline,
        state,
        ...(error === undefined ? {} : { error }),
        ...(turn === undefined || turn.ms < this.#stuckAfterMs ? {} : { stuck: stuck(turn) }),
      };
    });
  }

  #take(observed: Observed, notice: RunNotice): void {
    switch (notice.kind) {
      case "share-taken":
      case "share-ended":
        observed.state = "restoring";
        return;
      case "running":
        observed.state = "running";
        observed.error = undefined;
        return;
      case "restarting":
        observed.state = "restarting";
        observed.error = plainError(notice.error);
        return;
      case "failed":
        observed.state = "failed";
        observed.error = plainError(notice.error);
        return;
      case "ended":
        this.#runs.delete(observed);
    }
  }
}

function stuck({ task, ms }: OpenTurn): { task: string; seconds: number } {
  return { task, seconds: Math.round(ms / 1_000) };
}

function plainError(error: unknown): { code: string; message: string } {
  if (isMillraceError(error)) return { code: error.code, message: error.message };
  return { code: "UNEXPECTED", message: error instanceof Error ? error.message : String(error) };
}
