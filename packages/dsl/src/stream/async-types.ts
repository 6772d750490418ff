import type { Duration } from "@millrace/core";
import type { FunctionOptions } from "./function-options.ts";

/** What an async function is told of its call. */
export interface AsyncCallContext {
  /** Aborts when the call has timed out or the run is stopped: hand it to `fetch` and the like. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** Options of steps with async functions. */
export interface AsyncOptions extends FunctionOptions {
  /** Calls of a task that go on at once; default 16. */
  readonly concurrency?: number;
  /**
   * `ordered` (the default): rows leave in the order in which they came. `unordered`: as their
   * calls end, so that a slow one holds back no others.
   */
  readonly order?: "ordered" | "unordered";
  /**
   * Time of one attempt, at most a day; default a minute. Then the row fails, or is tried again.
   */
  readonly timeout?: Duration;
  /** Default: a call that fails is not repeated. */
  readonly retry?: RetryOptions;
}

/** How a call that failed is repeated. */
export interface RetryOptions {
  /** Calls for one row in all, at most 100. */
  readonly attempts: number;
  /** Time before the second attempt, which doubles before each other one; default 100 ms. */
  readonly backoff?: Duration;
  /** The longest time between two attempts; default 30 s. */
  readonly backoffMax?: Duration;
}

/** Options of `mapBatchesAsync`. */
export interface AsyncBatchOptions extends AsyncOptions {
  /** Rows of one call; fewer where no more have come. */
  readonly rowsPerCall: number;
}

/** What `lookup` keeps of what it has found, in each task; a restart begins with nothing. */
export interface LookupCacheOptions {
  /** Keys, at most a million. The one that was not asked for the longest goes first. */
  readonly rowsMax: number;
  /** How long a key is not asked for again: so old may be what a row gets. */
  readonly ttl: Duration;
  /** Keeps, too, that nothing was found. Default: such a key is asked for again. */
  readonly keepMissing?: boolean;
}

/** Options of `lookup`. */
export interface LookupOptions<Kind extends "inner" | "left"> extends AsyncOptions {
  /**
   * What becomes of a row for which nothing is found: it is left out (`inner`, the default; counted
   * as filtered), or has nulls (`left`).
   */
  readonly kind?: Kind;
  /**
   * Default: none; rows that ask for a key while it is being fetched share the call all the same.
   */
  readonly cache?: LookupCacheOptions;
}

/** Options of `lookupMany`. */
export interface LookupManyOptions<Kind extends "inner" | "left"> extends LookupOptions<Kind> {
  /** Different keys of one call; fewer where no more have come. */
  readonly keysPerCall: number;
}
