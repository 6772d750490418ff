import { formatDuration } from "@millrace/core";
import type { AsyncCallSpec } from "@millrace/plan";

/** How async functions are called: `, 16 at once, in order, within 1m, 3 attempts`. */
export function describeAsyncCalls(calls: AsyncCallSpec): string {
  const rows = calls.rowsPerCall === undefined ? "" : `, ${calls.rowsPerCall} a call`;
  const order = calls.order === "ordered" ? "in order" : "in any order";
  const within = `within ${formatDuration(calls.timeoutMs)}`;
  const attempts = calls.attempts === 1 ? "" : `, ${calls.attempts} attempts`;
  return `${rows}, ${calls.concurrency} at once, ${order}, ${within}${attempts}`;
}
