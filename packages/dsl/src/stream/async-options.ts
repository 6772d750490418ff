import { limits } from "@millrace/core";
import type { AsyncCallSpec } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import type { AsyncBatchOptions, AsyncOptions } from "./async-types.ts";

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
