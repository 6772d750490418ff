import type { Instant } from "./instant.ts";

/**
 * The only way to the wall clock. A run gets one; tests pass their own.
 */
export interface Clock {
  /** Processing time. */
  now(): Instant;
  /** Monotonic milliseconds for measuring spans; its zero has no meaning. */
  monotonicMs(): number;
  /** Resolves after at least `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  monotonicMs: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal?.addEventListener("abort", finish);
    });
  },
};

/** Lets timers, signals and I/O of the process have their turn; returns in the next one. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
