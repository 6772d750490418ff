import { type LogicalNode, type LogicalPlanData, orderedAggregates } from "@millrace/plan";
import { readersOf } from "../rules/rule.ts";

/**
 * Models go by order; user functions number the rows they make, and name the record that they
 * refuse.
 */
const orderedKinds: ReadonlySet<LogicalNode["kind"]> = new Set([
  "deduplicate",
  "detect",
  "forecast",
  "filter",
  "map",
  "flatMap",
]);

/**
 * Sources whose rows must carry `$source`, `$partition` and `$offset`: those whose order among rows
 * of one event time decides a result (`first`, `last`, `deduplicate`, models over raw rows, user
 * functions that may make several rows of one).
 */
export function needsLineage(plan: LogicalPlanData): ReadonlySet<string> {
  const readers = readersOf(plan);
  const isOrdered = (node: LogicalNode): boolean => {
    if (node.kind === "windowAggregate") {
      return node.columns.some((column) =>
        column.calls.some((call) => orderedAggregates.has(call.function)),
      );
    }
    if (orderedKinds.has(node.kind)) return true;
    if (node.kind === "sink") return false;
    return (readers.get(node.id) ?? []).some(isOrdered);
  };
  const ordered = new Set<string>();
  for (const node of plan.nodes) {
    if (node.kind === "source" && (readers.get(node.id) ?? []).some(isOrdered))
      ordered.add(node.id);
  }
  return ordered;
}
