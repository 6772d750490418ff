import { type Clock, type Random, seededRandom } from "@millrace/core";

const firstMs = 100;
const longestMs = 10_000;

/**
 * Waits longer after each failure that follows another: 100 ms at first, 10 s at most, jittered.
 */
export class BackOff {
  readonly #clock: Clock;
  readonly #random: Random;
  #failures = 0;
  #untilMs = 0;

  /** @param seed so that those who fail together do not all come back together */
  constructor(clock: Clock, seed: number) {
    this.#clock = clock;
    this.#random = seededRandom(clock.now() + seed);
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  get isWaiting(): boolean {
    return this.#failures > 0 && this.#clock.monotonicMs() < this.#untilMs;
  }

  /** Begins to wait. @returns for how many milliseconds */
  failed(): number {
    const fullMs = Math.min(longestMs, firstMs * 2 ** this.#failures);
    const waitMs = fullMs * (0.5 + this.#random.next() / 2);
    this.#failures += 1;
    this.#untilMs = this.#clock.monotonicMs() + waitMs;
    return waitMs;
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
