import { columnConditionOf, type LogicalNode, type SourceNode } from "@millrace/plan";
import { canFail } from "./can-fail.ts";
import { conditionsOf } from "./merge-filters.ts";
import { readersOf, type Rule } from "./rule.ts";

/**
 * Tells a source which rows its filter keeps, so that it can leave others unread by what it knows
 * of them. The filter stays.
 *
 * Only where nobody else reads the source, where no row can stop the task in the filter or be
 * refused by a check of the user's, and where the event time of rows that are left out can be known
 * without them: it is a column.
 */
export const pushIntoSource: Rule = {
  name: "pushIntoSource",
  apply(plan) {
    const readers = readersOf(plan);
    return {
      ...plan,
      nodes: plan.nodes.map((node) =>
        node.kind === "source" ? withConditions(node, readers.get(node.id) ?? []) : node,
      ),
    };
  },
};

function withConditions(source: SourceNode, readers: readonly LogicalNode[]): SourceNode {
  const { skipping, eventTime } = source;
  const [filter] = readers;
  if (skipping === undefined || source.hasValidators === true) return source;
  if (eventTime !== undefined && eventTime.kind !== "column") return source;
  if (readers.length !== 1 || filter?.kind !== "where" || canFail(filter.predicate)) return source;
  const conditions = conditionsOf(filter.predicate).filter(
    (condition) => columnConditionOf(condition) !== undefined,
  );
  return { ...source, skipping: { ...skipping, conditions } };
}
