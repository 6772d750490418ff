import {
  columnsOf,
  type LogicalNode,
  type LogicalPlanData,
  type ProjectNode,
  type WhereNode,
} from "@millrace/plan";
import { inTopologicalOrder, nodesById, readersOf, type Rule } from "./rule.ts";
import { substituteColumns } from "./substitute-columns.ts";

/**
 * Moves a `where` before the step it reads: fewer rows are computed, shuffled and kept.
 *
 * Passes `keyBy` always, and a projection where no expression is then computed twice. Stops at a
 * step that others read as well, at user functions (they may have effects) and at stateful steps
 * (the rows decide the state).
 */
export const pushDownFilter: Rule = {
  name: "pushDownFilter",
  apply(plan) {
    let current = plan;
    for (;;) {
      const next = moveOne(current);
      if (next === undefined) return current;
      current = next;
    }
  },
};

function moveOne(plan: LogicalPlanData): LogicalPlanData | undefined {
  const byId = nodesById(plan);
  const readers = readersOf(plan);
  for (const node of plan.nodes) {
    if (node.kind !== "where") continue;
    const before = byId.get(node.inputs[0] ?? "");
    if (before === undefined || readers.get(before.id)?.length !== 1) continue;
    const moved = movedBefore(node, before);
    if (moved !== undefined) return swap(plan, before, node, moved, byId);
  }
  return undefined;
}

/** The filter as it reads the input of `before`, or undefined when it must stay. */
function movedBefore(where: WhereNode, before: LogicalNode): WhereNode | undefined {
  if (before.kind === "keyBy") return where;
  if (before.kind !== "project") return undefined;
  if (isComputedTwice(where, before)) return undefined;
  return { ...where, predicate: substituteColumns(where.predicate, before.columns) };
}

/**
 * A computed column that the predicate reads would be computed for the filter and again for the
 * result.
 */
function isComputedTwice(where: WhereNode, project: ProjectNode): boolean {
  const read = columnsOf(where.predicate);
  return project.columns.some((c) => c.expression.kind === "call" && read.has(c.name));
}

/** input → before → where → readers becomes input → where → before → readers. */
function swap(
  plan: LogicalPlanData,
  before: LogicalNode,
  where: WhereNode,
  moved: WhereNode,
  byId: ReadonlyMap<string, LogicalNode>,
): LogicalPlanData {
  const input = byId.get(before.inputs[0] ?? "");
  if (input === undefined) return plan;
  const { updating: _, ...placed } = moved;
  const nodes = plan.nodes.map((node): LogicalNode => {
    if (node.id === where.id) {
      return {
        ...placed,
        inputs: [input.id],
        schema: input.schema,
        keys: input.keys,
        ...(input.updating === undefined ? {} : { updating: input.updating }),
      };
    }
    if (node.id === before.id) return { ...node, inputs: [where.id] };
    return node.inputs.includes(where.id)
      ? { ...node, inputs: node.inputs.map((id) => (id === where.id ? before.id : id)) }
      : node;
  });
  return { ...plan, nodes: inTopologicalOrder(nodes) };
}
