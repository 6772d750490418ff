import type { Expression, FunctionName } from "@millrace/plan";

/** Functions that may stop the task where their result is an integer, a decimal or an instant. */
const overflowing: ReadonlySet<FunctionName> = new Set([
  "add",
  "subtract",
  "multiply",
  "negate",
  "abs",
  "divideInteger",
  "round",
  "floor",
  "ceil",
  "plusDuration",
]);

/**
 * Whether evaluating the expression may stop the task, on some row.
 *
 * Such an expression must not be evaluated for rows for which it was not before, nor left out where
 * it was.
 */
export function canFail(expression: Expression): boolean {
  if (expression.kind !== "call") return false;
  if (expression.arguments.some(canFail)) return true;
  if (expression.function === "cast") return true;
  const isFloat = expression.type.kind === "float64" || expression.type.kind === "float32";
  return overflowing.has(expression.function) && !isFloat;
}
