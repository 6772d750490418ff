import { checkWindow, windowFields } from "@millrace/plan";
import { describeColumns } from "./describe-columns.ts";
import { describeWindowJoin } from "./describe-join.ts";
import { joinColumnsRead, pruneJoinColumns } from "./join-columns.ts";
import { mapNamed } from "./map-named.ts";
import type { Step } from "./step.ts";

/** Pairs of rows in the same window. Its two window columns stay, whoever reads them. */
export const windowJoinStep: Step<"windowJoin"> = {
  describe: (node) => `${describeWindowJoin(node)}; select ${describeColumns(node.columns)}`,
  check(node) {
    const problem = checkWindow(node.window);
    return problem === undefined ? [] : [problem];
  },
  needsEventTime: () => true,
  columnsRead: joinColumnsRead,
  prune: (node, { required, pruned }) =>
    pruneJoinColumns(node, {
      required: new Set([...required, ...windowFields.map(({ name }) => name)]),
      pruned,
    }),
  mapExpressions: (node, change) => ({ ...node, columns: mapNamed(node.columns, change) }),
  spec: ({ joinKeys, joinKind, columns, window }) => ({
    kind: "windowJoin",
    joinKeys,
    joinKind,
    columns,
    window,
  }),
};
