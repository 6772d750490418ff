import type { Expression } from "@millrace/plan";
import { canFail } from "./can-fail.ts";
import { expressionCost } from "./expression-cost.ts";
import { bothOf, conditionsOf } from "./merge-filters.ts";
import type { Rule } from "./rule.ts";

/**
 * Puts the conditions of a filter in order of their cost: a row that a comparison of numbers
 * refuses is spared the regular expression.
 *
 * Conditions that may stop the task keep their places, and everything after the first of them: what
 * stands before may be there to guard them.
 */
export const orderConditions: Rule = {
  name: "orderConditions",
  apply: (plan) => ({
    ...plan,
    nodes: plan.nodes.map((node) =>
      node.kind === "where" ? { ...node, predicate: ordered(node.predicate) } : node,
    ),
  }),
};

function ordered(predicate: Expression): Expression {
  const conditions = conditionsOf(predicate);
  if (conditions.length < 2) return predicate;
  const failing = conditions.findIndex(canFail);
  const movable = failing === -1 ? conditions : conditions.slice(0, failing);
  const sorted = movable.toSorted((a, b) => expressionCost(a) - expressionCost(b));
  const [first, ...rest] = [...sorted, ...conditions.slice(movable.length)];
  return rest.reduce(bothOf, first as Expression);
}
