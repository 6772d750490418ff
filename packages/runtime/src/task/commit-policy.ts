import type { Clock } from "@millrace/core";

/** Bytes of output that are worth a transaction of their own. */
const pendingBytesMax = 16 * 1024 * 1024;
/** While there is input, no commit sooner than this after the last one. */
const intervalMinMs = 400;
/** A commit may take a fifth of a worker's time: four times as long passes before the next (T5). */
const restFactor = 4;

/**
 * Decides when a task commits: when caught up, when a budget is full, never more than a fifth of
 * the time (T5).
 */
export class CommitPolicy {
  readonly #clock: Clock;
  #finishedAtMs: number;
  #durationMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#finishedAtMs = clock.monotonicMs();
  }

  /** Whether to commit now, between two batches of a task that has more to read. */
  isDue(pendingBytes: number): boolean {
    if (pendingBytes >= pendingBytesMax) return true;
    const sinceMs = this.#clock.monotonicMs() - this.#finishedAtMs;
    return sinceMs >= Math.max(intervalMinMs, this.restMs);
  }

  /** What has to pass between two commits that could as well be one, in ms. */
  get restMs(): number {
    return restFactor * this.#durationMs;
  }

  committed(durationMs: number): void {
    this.#durationMs = durationMs;
    this.#finishedAtMs = this.#clock.monotonicMs();
  }
}
