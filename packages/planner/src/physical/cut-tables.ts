import type { LogicalNode, LogicalPlanData } from "@millrace/plan";
import { nodesById, readersOf } from "../rules/rule.ts";

/**
 * The `broadcast` nodes whose rows go through a topic: all of them where there are several tasks,
 * otherwise those that share a source with something else. A task reads a table to its end before
 * the rows that look it up, which it can only if the table comes in by inputs of its own.
 */
export function cutTables(plan: LogicalPlanData, partitions: number): ReadonlySet<string> {
  const tables = plan.nodes.filter(({ kind }) => kind === "broadcast");
  if (partitions > 1) return new Set(tables.map(({ id }) => id));
  const byId = nodesById(plan);
  const readers = readersOf(plan);
  const endsIn = (node: LogicalNode, table: string): boolean =>
    node.id === table ||
    (node.kind !== "sink" && (readers.get(node.id) ?? []).every((reader) => endsIn(reader, table)));
  const isOwn = (node: LogicalNode, table: string): boolean =>
    endsIn(node, table) &&
    node.inputs.every((id) => {
      const input = byId.get(id);
      return input === undefined || input.kind === "broadcast" || isOwn(input, table);
    });
  return new Set(tables.filter((table) => !isOwn(table, table.id)).map(({ id }) => id));
}

/** Sources of which tables are made. */
export function tableSources(plan: LogicalPlanData): ReadonlySet<string> {
  const byId = nodesById(plan);
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (found.has(id)) return;
    found.add(id);
    byId.get(id)?.inputs.forEach(visit);
  };
  for (const { kind, id } of plan.nodes) if (kind === "broadcast") visit(id);
  return found;
}
