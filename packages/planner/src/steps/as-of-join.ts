import { describeColumns } from "./describe-columns.ts";
import { describeAsOfJoin } from "./describe-join.ts";
import { joinColumnsRead, pruneJoinColumns } from "./join-columns.ts";
import { mapNamed } from "./map-named.ts";
import type { Step } from "./step.ts";

/** Each left row with the latest right row of its key by then. */
export const asOfJoinStep: Step<"asOfJoin"> = {
  describe: (node) => `${describeAsOfJoin(node)}; select ${describeColumns(node.columns)}`,
  needsEventTime: () => true,
  // Of two versions of one time, lineage says which is the later one.
  needsLineage: () => true,
  columnsRead: joinColumnsRead,
  prune: pruneJoinColumns,
  mapExpressions: (node, change) => ({ ...node, columns: mapNamed(node.columns, change) }),
  spec: ({ joinKeys, joinKind, columns, toleranceMs }) => ({
    kind: "asOfJoin",
    joinKeys,
    joinKind,
    columns,
    ...(toleranceMs === undefined ? {} : { toleranceMs }),
  }),
};
