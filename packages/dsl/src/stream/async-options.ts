import { type Duration, limits } from "@millrace/core";
import type { AsyncCallSpec } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
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
  /** Time of one attempt, at most a day; default a minute. Then the row fails, or is tried again. */
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

const concurrencyDefault = 16;
const timeoutDefaultMs = 60_000;
const timeoutMaxMs = 86_400_000;
const attemptsMax = 100;
const backoffDefaultMs = 100;
const backoffMaxDefaultMs = 30_000;

/** The options as a node holds them; what is wrong with them is reported. */
export function asyncCallSpec(
  step: string,
  options: AsyncOptions & Partial<AsyncBatchOptions>,
): AsyncCallSpec {
  const { concurrency = concurrencyDefault, order = "ordered", rowsPerCall, retry } = options;
  const timeoutMs: number = options.timeout ?? timeoutDefaultMs;
  const attempts = retry?.attempts ?? 1;
  const backoffMs: number = retry?.backoff ?? backoffDefaultMs;
  const backoffMaxMs: number = retry?.backoffMax ?? Math.max(backoffMs, backoffMaxDefaultMs);
  checkWhole(step, "concurrency", concurrency, [1, limits.asyncCallsMax]);
  checkWhole(step, "timeout in milliseconds", timeoutMs, [1, timeoutMaxMs]);
  checkWhole(step, "retry.attempts", attempts, [1, attemptsMax]);
  checkWhole(step, "retry.backoff in milliseconds", backoffMs, [0, timeoutMaxMs]);
  checkWhole(step, "retry.backoffMax in milliseconds", backoffMaxMs, [backoffMs, timeoutMaxMs]);
  if (rowsPerCall !== undefined) {
    checkWhole(step, "rowsPerCall", rowsPerCall, [1, limits.asyncBatchRowsMax]);
  }
  if (order !== "ordered" && order !== "unordered") {
    const problem = `${step}: order must be "ordered" or "unordered"`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return {
    concurrency,
    order,
    ...(rowsPerCall === undefined ? {} : { rowsPerCall }),
    timeoutMs,
    attempts,
    backoffMs,
    backoffMaxMs,
  };
}

/** Reports a number that is not whole or outside of its bounds. */
export function checkWhole(
  step: string,
  name: string,
  value: number,
  [least, most]: readonly [number, number],
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const problem = `${step}: ${name} must be a whole number from ${least} to ${most}`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}
