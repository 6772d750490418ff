import { describeColumns } from "./describe-columns.ts";
import { describeJoin } from "./describe-join.ts";
import { joinColumnsRead, pruneJoinColumns } from "./join-columns.ts";
import { mapNamed } from "./map-named.ts";
import type { Step } from "./step.ts";

/** Pairs of rows with equal keys, whichever comes first. */
export const joinStep: Step<"join"> = {
  describe: (node) => `${describeJoin(node)}; select ${describeColumns(node.columns)}`,
  // Only event time says when a row may be forgotten.
  needsEventTime: (node) => node.forgetAfterMs !== undefined,
  columnsRead: joinColumnsRead,
  prune: pruneJoinColumns,
  mapExpressions: (node, change) => ({ ...node, columns: mapNamed(node.columns, change) }),
  spec: (node) => ({
    kind: "join",
    joinKeys: node.joinKeys,
    joinKind: node.joinKind,
    columns: node.columns,
    areUpdating: node.areUpdating,
    isUpdating: node.isUpdating,
    ...(node.forgetAfterMs === undefined ? {} : { forgetAfterMs: node.forgetAfterMs }),
  }),
};
