import type { Expression, LogicalNode, LogicalPlanData, WhereNode } from "@millrace/plan";
import { nodesById, readersOf, type Rule } from "./rule.ts";

/** Makes one filter of two that follow each other, so that their conditions can be put in order. */
export const mergeFilters: Rule = {
  name: "mergeFilters",
  apply(plan) {
    let current = plan;
    for (;;) {
      const next = mergeOne(current);
      if (next === undefined) return current;
      current = next;
    }
  },
};

function mergeOne(plan: LogicalPlanData): LogicalPlanData | undefined {
  const byId = nodesById(plan);
  const readers = readersOf(plan);
  for (const node of plan.nodes) {
    if (node.kind !== "where") continue;
    const before = byId.get(node.inputs[0] ?? "");
    if (before?.kind !== "where" || readers.get(before.id)?.length !== 1) continue;
    return { ...plan, nodes: merged(plan.nodes, before, node) };
  }
  return undefined;
}

function merged(nodes: readonly LogicalNode[], first: WhereNode, second: WhereNode): LogicalNode[] {
  const predicate = bothOf(first.predicate, second.predicate);
  return nodes
    .filter((node) => node.id !== first.id)
    .map((node) => (node.id === second.id ? { ...second, inputs: first.inputs, predicate } : node));
}

/** The condition that both hold; `and` within them is flattened. */
export function bothOf(left: Expression, right: Expression): Expression {
  const parts = [...conditionsOf(left), ...conditionsOf(right)];
  const nullable = parts.some((part) => part.type.nullable);
  return { kind: "call", function: "and", arguments: parts, type: { kind: "boolean", nullable } };
}

/** The parts of a condition that must all hold. */
export function conditionsOf(condition: Expression): readonly Expression[] {
  const isAnd = condition.kind === "call" && condition.function === "and";
  return isAnd ? condition.arguments.flatMap(conditionsOf) : [condition];
}
