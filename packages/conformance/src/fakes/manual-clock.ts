import { assert, type Clock, type Instant, yieldToEventLoop } from "@millrace/core";

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** Turns of the event loop in which those who woke up may do what they have to do. */
const turnsPerStep = 10;

/** A clock that stands still until it is told to go on. Both its times are the same. */
export class ManualClock implements Clock {
  #nowMs: number;
  #sleepers: Sleeper[] = [];

  constructor(startMs: number = 0) {
    this.#nowMs = startMs;
  }

  now(): Instant {
    return this.#nowMs as Instant;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const sleeper = { untilMs: this.#nowMs + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", stop);
    });
  }

  /** Lets time pass, in steps; after each, those who slept so long run until they wait again. */
  async advance(ms: number, stepMs: number = 50): Promise<void> {
    assert(stepMs > 0, "time passes in steps of more than 0 ms");
    const untilMs = this.#nowMs + ms;
    await letOthersRun();
    while (this.#nowMs < untilMs) {
      this.#nowMs = Math.min(untilMs, this.#nowMs + stepMs);
      const due = this.#sleepers.filter((sleeper) => sleeper.untilMs <= this.#nowMs);
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.untilMs > this.#nowMs);
      for (const { wake } of due) wake();
      await letOthersRun();
    }
  }
}

async function letOthersRun(): Promise<void> {
  for (let turn = 0; turn < turnsPerStep; turn += 1) await yieldToEventLoop();
}
