import type { Expression, IntervalJoinSpec } from "@millrace/plan";
import { describeColumns } from "./describe-columns.ts";
import { describeIntervalJoin } from "./describe-join.ts";
import { joinColumnsRead, pruneJoinColumns } from "./join-columns.ts";
import { mapNamed } from "./map-named.ts";
import type { Step } from "./step.ts";

/** Pairs of rows whose times are near each other. */
export const intervalJoinStep: Step<"intervalJoin"> = {
  describe: (node) => `${describeIntervalJoin(node)}; select ${describeColumns(node.columns)}`,
  needsEventTime: () => true,
  columnsRead: (node, use) => joinColumnsRead(node, use, [node.upperBound, node.where]),
  prune: pruneJoinColumns,
  mapExpressions: (node, change) => ({
    ...node,
    ...conditionsOf(node, change),
    columns: mapNamed(node.columns, change),
  }),
  spec: (node) => ({
    kind: "intervalJoin",
    joinKeys: node.joinKeys,
    lowerMs: node.lowerMs,
    ...(node.upperMs === undefined ? {} : { upperMs: node.upperMs }),
    ...conditionsOf(node, (expression) => expression),
    joinKind: node.joinKind,
    columns: node.columns,
  }),
};

function conditionsOf(
  { upperBound, where }: Pick<IntervalJoinSpec, "upperBound" | "where">,
  change: (expression: Expression) => Expression,
): Pick<IntervalJoinSpec, "upperBound" | "where"> {
  return {
    ...(upperBound === undefined ? {} : { upperBound: change(upperBound) }),
    ...(where === undefined ? {} : { where: change(where) }),
  };
}
