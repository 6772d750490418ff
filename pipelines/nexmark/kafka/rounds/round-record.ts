import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { SingleBar } from "cli-progress";

/** What every record of rounds says of each. */
export interface RecordedRound {
  readonly round: number;
  readonly isFlawless: boolean;
}

/** Where the record is, and what is made of it. */
export interface RoundRecordOptions<Result> {
  /** A file of JSON lines; the report is beside it, as README.md. */
  readonly path: string;
  /** Whether what is in the file counts; else it begins anew. */
  readonly isResumed: boolean;
  /** As Markdown. */
  readonly reportOf: (results: readonly Result[]) => string;
}

/** Rounds that have been run, kept in a file, from which a later call goes on. */
export class RoundRecord<Result extends RecordedRound> {
  readonly results: Result[];
  readonly #options: RoundRecordOptions<Result>;

  constructor(options: RoundRecordOptions<Result>) {
    const { path, isResumed } = options;
    this.#options = options;
    mkdirSync(dirname(path), { recursive: true });
    if (!isResumed) rmSync(path, { force: true });
    this.results = readRounds<Result>(path);
  }

  get isFlawless(): boolean {
    return this.results.every((result) => result.isFlawless);
  }

  /** Runs the rounds that the record does not have, and adds each; on a terminal with a bar. */
  async runRounds(
    { first, end }: { readonly first: number; readonly end: number },
    run: (round: number) => Promise<Result>,
  ): Promise<void> {
    const bar = progressBar();
    bar?.start(end, this.results.length, { flawed: 0 });
    try {
      for (let round = first; round < end; round += 1) {
        if (this.results.some((result) => result.round === round)) continue;
        this.#add(await run(round));
        const flawed = this.results.filter((result) => !result.isFlawless).length;
        bar?.update(this.results.length, { flawed });
      }
    } finally {
      bar?.stop();
    }
  }

  #add(result: Result): void {
    const { path, reportOf } = this.#options;
    const line = `${JSON.stringify(result)}\n`;
    this.results.push(result);
    appendFileSync(path, line);
    writeFileSync(join(dirname(path), "README.md"), reportOf(this.results));
    process.stdout.write(line);
  }
}

/** What is in a file of rounds; nothing where there is none. */
export function readRounds<Result>(path: string): Result[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Result);
}

function progressBar(): SingleBar | undefined {
  if (process.stderr.isTTY !== true) return undefined;
  return new SingleBar({
    format: "rounds {bar} {value}/{total}, {flawed} flawed, {eta_formatted} left",
    hideCursor: true,
  });
}
