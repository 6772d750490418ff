import { joinColumnsOf } from "@millrace/plan";
import { describeColumns } from "./describe-columns.ts";
import { describeLookup } from "./describe-join.ts";
import { pruneJoinColumns } from "./join-columns.ts";
import { mapNamed } from "./map-named.ts";
import type { Step } from "./step.ts";

/** Each row with the rows of a table that it looks up. */
export const lookupTableStep: Step<"lookupTable"> = {
  describe: (node) => `${describeLookup(node)}; select ${describeColumns(node.columns)}`,
  columnsRead(node, { input, wanted }) {
    const columns = node.columns.filter((column) => wanted.has(column.name));
    return input.kind === "broadcast"
      ? [...node.joinKeys, ...joinColumnsOf("right", columns)]
      : joinColumnsOf("left", [...columns, ...node.on]);
  },
  prune: pruneJoinColumns,
  mapExpressions: (node, change) => ({
    ...node,
    on: mapNamed(node.on, change),
    columns: mapNamed(node.columns, change),
  }),
  spec: ({ joinKeys, joinKind, columns, on }) => ({
    kind: "lookupTable",
    joinKeys,
    joinKind,
    columns,
    on,
  }),
};
