import type { Clock } from "@millrace/core";
import type { AsyncCallSpec } from "@millrace/plan";
import { CallTimeout } from "./call-timeout.ts";

/** What a call came to. */
export type CallOutcome = { readonly value: unknown } | { readonly error: unknown };

/** What a user function is told of its call. */
export interface CallContext {
  /** Aborts when the call has timed out, or nobody waits for it any more. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** One attempt that goes on. Its signal is made only for functions that look at it. */
class RunningCall implements CallContext {
  readonly attempt: number;
  readonly deadlineMs: number;
  readonly reject: (error: unknown) => void;
  #controller: AbortController | undefined;

  constructor(attempt: number, deadlineMs: number, reject: (error: unknown) => void) {
    this.attempt = attempt;
    this.deadlineMs = deadlineMs;
    this.reject = reject;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  end(reason: Error): void {
    this.reject(reason);
    this.#controller?.abort(reason);
  }
}

/**
 * Calls async functions, at most `concurrency` at once, each with a time limit and attempts. A call
 * that waits for its next attempt keeps its place.
 *
 * **Cost** two promises a call; all time limits share one sleep of the clock, as all are equally
 * long
 */
export class AsyncCalls {
  readonly #spec: AsyncCallSpec;
  readonly #clock: Clock;
  /** In the order in which they began, so that the first one times out first. */
  readonly #running: Set<RunningCall> = new Set();
  readonly #abort = new AbortController();
  #count = 0;
  #isWatching = false;
  #rest: AbortController | undefined;

  constructor(spec: AsyncCallSpec, clock: Clock) {
    this.#spec = spec;
    this.#clock = clock;
  }

  /** Whether another call may begin. */
  get hasRoom(): boolean {
    return this.#count < this.#spec.concurrency;
  }

  /** Begins a call; `done` is called once, later, unless all calls are aborted before. */
  start(call: (context: CallContext) => unknown, done: (outcome: CallOutcome) => void): void {
    this.#count += 1;
    const finish = (outcome: CallOutcome): void => {
      this.#count -= 1;
      if (!this.#abort.signal.aborted) done(outcome);
    };
    void this.#attempts(call).then(
      (value) => finish({ value }),
      (error: unknown) => finish({ error }),
    );
  }

  /** Ends all calls, as far as they heed their signals. */
  abort(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    for (const call of this.#running) call.end(new Error("the run has been stopped"));
    this.#running.clear();
    this.#rest?.abort();
  }

  async #attempts(call: (context: CallContext) => unknown): Promise<unknown> {
    const { attempts, backoffMs, backoffMaxMs } = this.#spec;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(call, attempt);
      } catch (error) {
        if (attempt >= attempts || this.#abort.signal.aborted) throw error;
        const restMs = Math.min(backoffMaxMs, backoffMs * 2 ** (attempt - 1));
        if (restMs > 0) await this.#clock.sleep(restMs, this.#abort.signal);
        if (this.#abort.signal.aborted) throw error;
      }
    }
  }

  #once(call: (context: CallContext) => unknown, attempt: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const deadlineMs = this.#clock.monotonicMs() + this.#spec.timeoutMs;
      const running = new RunningCall(attempt, deadlineMs, reject);
      this.#running.add(running);
      void this.#watch();
      // Within `then`, so that what the function throws at once is caught too.
      void Promise.resolve(running)
        .then(call)
        .then(resolve, reject)
        .finally(() => this.#ended(running));
    });
  }

  #ended(call: RunningCall): void {
    this.#running.delete(call);
    // Nothing is left to be watched: no sleep may keep the process alive.
    if (this.#running.size === 0) this.#rest?.abort();
  }

  /** Ends the calls that take too long; rests until the oldest one does. */
  async #watch(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    for (;;) {
      const [oldest] = this.#running;
      if (oldest === undefined) break;
      const leftMs = oldest.deadlineMs - this.#clock.monotonicMs();
      if (leftMs > 0) {
        this.#rest = new AbortController();
        await this.#clock.sleep(leftMs, this.#rest.signal);
      } else {
        this.#running.delete(oldest);
        oldest.end(new CallTimeout(this.#spec.timeoutMs));
      }
    }
    this.#isWatching = false;
  }
}
