import type { Json, LogPlace, SourceProgress } from "@millrace/core";
import { type InputRead, isBeyond, type TaskInput, type TimedPartition } from "./task-input.ts";

/**
 * Several partitions of one source as one input of a task. Each keeps its own position and its own
 * watermark; the input's watermark is the least of them.
 */
export class PartitionsInput implements TaskInput {
  readonly #inputs: readonly TaskInput[];

  constructor(inputs: readonly TaskInput[]) {
    this.#inputs = inputs;
  }

  get watermark(): number {
    return Math.min(...this.#inputs.map((input) => input.watermark));
  }

  get isEnded(): boolean {
    return this.#inputs.every((input) => input.isEnded);
  }

  get isCaughtUp(): boolean {
    return this.#inputs.every((input) => input.isEnded || input.isCaughtUp);
  }

  get partitions(): readonly TimedPartition[] {
    return this.#inputs.flatMap((input) => input.partitions);
  }

  get counts(): { rowsRead: number; deadLettered: number } {
    const sum = { rowsRead: 0, deadLettered: 0 };
    for (const { counts } of this.#inputs) {
      sum.rowsRead += counts.rowsRead;
      sum.deadLettered += counts.deadLettered;
    }
    return sum;
  }

  get logPlaces(): readonly LogPlace[] {
    return this.#inputs.flatMap((input) => input.logPlaces);
  }

  get sourceProgress(): SourceProgress | undefined {
    let all: SourceProgress | undefined;
    for (const { sourceProgress: each } of this.#inputs) {
      if (each !== undefined) all = all === undefined ? each : sumOf(all, each);
    }
    return all;
  }

  /** Reads the partition that is furthest behind in event time, of those that have something. */
  async read(readLimit: number): Promise<InputRead> {
    const open = this.#inputs.filter((input) => !input.isEnded && !isBeyond(input, readLimit));
    let isNews = false;
    for (const input of open.toSorted(byWatermark)) {
      const read = await input.read(readLimit);
      if (read.kind === "rows") return read;
      if (read.kind === "caught-up") isNews ||= read.isNews;
      // The end of one partition moves the watermark of all, as rows would.
      if (read.kind === "end") {
        return this.isEnded ? read : { kind: "rows", batches: [], deadLetters: [] };
      }
    }
    return { kind: "caught-up", isNews };
  }

  progress(): Json {
    return this.#inputs.map((input) => input.progress());
  }

  async committed(): Promise<void> {
    for (const input of this.#inputs) await input.committed();
  }

  async close(): Promise<void> {
    for (const input of this.#inputs) await input.close();
  }
}

/** Not a difference: −Infinity − −Infinity is no number. */
function byWatermark(left: TaskInput, right: TaskInput): number {
  if (left.watermark === right.watermark) return 0;
  return left.watermark < right.watermark ? -1 : 1;
}

function sumOf(left: SourceProgress, right: SourceProgress): SourceProgress {
  const { unit } = left;
  const done = left.done + right.done;
  if (left.total === undefined || right.total === undefined) return { done, unit };
  return { done, total: left.total + right.total, unit };
}
