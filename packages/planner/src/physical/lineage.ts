import type { LogicalNode, LogicalPlanData } from "@millrace/plan";
import { readersOf } from "../rules/rule.ts";
import { stepFor } from "../steps/steps.ts";

/**
 * Sources whose rows must carry `$source`, `$partition` and `$offset`: those whose order among rows
 * of one event time decides a result (`first`, `last`, `deduplicate`, models over raw rows, user
 * functions that may make several rows of one).
 */
export function needsLineage(plan: LogicalPlanData): ReadonlySet<string> {
  const readers = readersOf(plan);
  const isOrdered = (node: LogicalNode): boolean => {
    const needed = stepFor(node).needsLineage?.(node) ?? "as its readers";
    return needed === "as its readers" ? (readers.get(node.id) ?? []).some(isOrdered) : needed;
  };
  const ordered = new Set<string>();
  for (const node of plan.nodes) {
    if (node.kind === "source" && isOrdered(node)) ordered.add(node.id);
  }
  return ordered;
}
