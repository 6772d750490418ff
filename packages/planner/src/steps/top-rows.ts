import { formatDuration } from "@millrace/core";
import { type Expression, formatSortKeys, type SortKey, type TopRowsSpec } from "@millrace/plan";
import type { NodeOf, Step } from "./step.ts";

/**
 * The first rows of each key. Reads every column, as rows that the order leaves equal go by their
 * content.
 */
export const topRowsStep: Step<"topRows"> = {
  describe: (node) => `${node.verb}: ${describeTopRows(node)}`,
  needsEventTime: (node) => node.verb === "deduplicate" || node.completeAt !== undefined,
  mapExpressions: (node, change) => ({ ...node, orderBy: mapSortKeys(node.orderBy, change) }),
  needsLineage: (node) => !node.retracts,
  spec: specOf,
};

/** The first rows in words: `first 10 by price desc`. */
export function describeTopRows(spec: Omit<TopRowsSpec, "kind">): string {
  const order = spec.orderBy.length === 0 ? "" : ` by ${formatSortKeys(spec.orderBy)}`;
  const kind = spec.rankKind === "rowNumber" ? "" : ` (${spec.rankKind})`;
  const forgets =
    spec.forgetAfterMs === undefined
      ? ""
      : `, forgotten after ${formatDuration(spec.forgetAfterMs)}`;
  const complete = spec.completeAt === undefined ? "" : `, once ${spec.completeAt} has passed`;
  return `${spec.tieOrder} ${spec.n}${order}${kind}${complete}${forgets}`;
}

function mapSortKeys(
  keys: readonly SortKey[],
  change: (expression: Expression) => Expression,
): SortKey[] {
  return keys.map((key) => ({ ...key, expression: change(key.expression) }));
}

function specOf(node: NodeOf<"topRows">): TopRowsSpec {
  const { keys, orderBy, tieOrder, rankKind, n, retracts } = node;
  return {
    kind: "topRows",
    keys,
    orderBy,
    tieOrder,
    rankKind,
    n,
    ...(node.rankColumn === undefined ? {} : { rankColumn: node.rankColumn }),
    retracts,
    ...(node.completeAt === undefined ? {} : { completeAt: node.completeAt }),
    ...(node.forgetAfterMs === undefined ? {} : { forgetAfterMs: node.forgetAfterMs }),
  };
}
