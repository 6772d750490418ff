import { describeColumns } from "./describe-columns.ts";
import { describeIntervalJoin } from "./describe-join.ts";
import { joinColumnsRead, pruneJoinColumns } from "./join-columns.ts";
import { mapNamed } from "./map-named.ts";
import type { Step } from "./step.ts";

/** Pairs of rows whose times are near each other. */
export const intervalJoinStep: Step<"intervalJoin"> = {
  describe: (node) => `${describeIntervalJoin(node)}; select ${describeColumns(node.columns)}`,
  needsEventTime: () => true,
  columnsRead: joinColumnsRead,
  prune: pruneJoinColumns,
  mapExpressions: (node, change) => ({ ...node, columns: mapNamed(node.columns, change) }),
  spec: ({ joinKeys, lowerMs, upperMs, joinKind, columns }) => ({
    kind: "intervalJoin",
    joinKeys,
    lowerMs,
    upperMs,
    joinKind,
    columns,
  }),
};
