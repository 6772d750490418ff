import type { RowSchema } from "@millrace/core";
import type { Expression } from "@millrace/plan";
import { callValue, operandOf } from "../expression/expression-value.ts";
import { booleanType } from "../expression/result-type.ts";
import { reportProblem } from "../expression/scope.ts";
import { conditionOf, type RowCallback } from "./step-columns.ts";

/** A branch of `split` and its condition. */
export interface SplitCondition {
  readonly name: string;
  readonly predicate: Expression;
}

/** The conditions of the branches; that of `"rest"` is that none of the others is true. */
export function splitConditions(
  schema: RowSchema,
  branches: Readonly<Record<string, RowCallback | "rest">>,
): SplitCondition[] {
  const given = new Map<string, Expression>();
  for (const [name, branch] of Object.entries(branches)) {
    if (typeof branch === "function") given.set(name, conditionOf("split", schema, branch));
    else if (branch !== "rest") {
      const problem = `split: the branch ${name} is neither a function nor "rest"`;
      reportProblem("PLAN_ARGUMENT_INVALID", { problem });
    }
  }
  const rest = restOf([...given.values()]);
  return Object.keys(branches).map((name) => ({ name, predicate: given.get(name) ?? rest }));
}

function restOf(others: readonly Expression[]): Expression {
  // A null condition sends a row to no branch, so it belongs to the rest.
  const none = others.map((other) => {
    const isTrue = other.type.nullable
      ? callValue("coalesce", [other, operandOf(false)], booleanType, false).expression
      : other;
    return callValue("not", [isTrue], booleanType).expression;
  });
  const [first, ...more] = none;
  if (first === undefined) return operandOf(true);
  return more.length === 0 ? first : callValue("and", none, booleanType).expression;
}
