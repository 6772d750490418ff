import type { LogicalNode, LogicalPlanData, ProjectNode } from "@millrace/plan";
import { nodesById, readersOf, type Rule } from "./rule.ts";
import { isSubstitutionFree, substituteColumns } from "./substitute-columns.ts";

/** Makes one projection of two that follow each other, where that computes nothing twice. */
export const mergeProjections: Rule = {
  name: "mergeProjections",
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
    if (node.kind !== "project") continue;
    const before = byId.get(node.inputs[0] ?? "");
    if (before?.kind !== "project" || readers.get(before.id)?.length !== 1) continue;
    const expressions = node.columns.map((column) => column.expression);
    if (!isSubstitutionFree(before.columns, expressions)) continue;
    return { ...plan, nodes: merged(plan.nodes, before, node) };
  }
  return undefined;
}

function merged(
  nodes: readonly LogicalNode[],
  first: ProjectNode,
  second: ProjectNode,
): LogicalNode[] {
  return nodes
    .filter((node) => node.id !== first.id)
    .map((node) =>
      node.id === second.id
        ? {
            ...second,
            inputs: first.inputs,
            columns: second.columns.map((column) => ({
              ...column,
              expression: substituteColumns(column.expression, first.columns),
            })),
          }
        : node,
    );
}
