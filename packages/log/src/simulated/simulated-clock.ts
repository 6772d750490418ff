import { type Clock, type Instant, yieldToEventLoop } from "@millrace/core";

/** Who sleeps, and what wakes it. */
interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/**
 * Turns of the event loop in which those who woke up do what they have to do: whoever lets others
 * in for one turn is done then as well.
 */
const turnsPerStep = 2;

/**
 * A clock that jumps to whatever is next to happen. All that is waited for is slept for, so the
 * same sleeps give the same run: who wakes up does all that it can before the next one does.
 *
 * Both its times are the same; while something is computed it stands still.
 */
export class SimulatedClock implements Clock {
  #nowMs: number;
  /** The next one last; of equal times, who came first wakes first. */
  readonly #sleepers: Sleeper[] = [];

  constructor(startMs: number = 0) {
    this.#nowMs = startMs;
  }

  now(): Instant {
    return Math.floor(this.#nowMs) as Instant;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = (): void => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        resolve();
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const sleeper = { atMs: this.#nowMs + Math.max(0, ms), wake };
      signal?.addEventListener("abort", stop);
      this.#sleepers.splice(this.#placeOf(sleeper.atMs), 0, sleeper);
    });
  }

  /**
   * Lets time pass until the work is done.
   *
   * @param untilMs when to give up
   * @returns false when it was not done by then, or nothing is left that could happen
   */
  async run(work: Promise<unknown>, untilMs: number): Promise<boolean> {
    let isDone = false;
    const end = (): void => {
      isDone = true;
    };
    work.then(end, end);
    for (;;) {
      for (let turn = 0; turn < turnsPerStep; turn += 1) await yieldToEventLoop();
      if (isDone) return true;
      const next = this.#sleepers.pop();
      if (next === undefined || next.atMs > untilMs) return false;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
  }

  /** Behind all who wake later, before those of the same time. */
  #placeOf(atMs: number): number {
    let low = 0;
    let high = this.#sleepers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sleepers[middle] as Sleeper).atMs > atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
