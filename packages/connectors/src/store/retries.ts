import { type Clock, isMillraceError, type Random, seededRandom } from "@millrace/core";

const firstDelayMs = 50;
const delayMsMax = 5_000;

/** How long a store is waited for that does not answer, or takes no writes. */
export const retryForDefaultMs = 300_000;

/**
 * Repeats what failed for a reason that passes, with growing delays of which half is by chance, so
 * that writers who lost a store together do not come back together.
 */
export class Retries {
  readonly #clock: Clock;
  readonly #retryForMs: number;
  readonly #random: Random;
  readonly #ending = new AbortController();

  constructor(clock: Clock, retryForMs: number) {
    this.#clock = clock;
    this.#retryForMs = retryForMs;
    this.#random = seededRandom(clock.now());
  }

  /**
   * Calls `work` until it succeeds or throws an error that does not pass: every `MillraceError`
   * but those of retry `backoff`. After `retryForMs`, or once ended, it throws the last error.
   *
   * @param work is told whether an answer was lost before: what was asked may have been done
   */
  async run<Result>(work: (isAnswerLost: boolean) => Promise<Result>): Promise<Result> {
    const begin = this.#clock.monotonicMs();
    let isAnswerLost = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return await work(isAnswerLost);
      } catch (error) {
        const passes = isMillraceError(error) && error.retry === "backoff";
        if (passes && error.code === "STORE_UNREACHABLE") isAnswerLost = true;
        const isOver = this.#clock.monotonicMs() - begin >= this.#retryForMs;
        if (!passes || isOver || this.#ending.signal.aborted) throw error;
        await this.#clock.sleep(this.#delayMs(attempt), this.#ending.signal);
        if (this.#ending.signal.aborted) throw error;
      }
    }
  }

  #delayMs(attempt: number): number {
    const most = Math.min(delayMsMax, firstDelayMs * 2 ** Math.min(attempt, 16));
    return most * (0.5 + this.#random.next() / 2);
  }

  /** Wakes those who wait; nothing is repeated any more. */
  end(): void {
    this.#ending.abort();
  }
}
