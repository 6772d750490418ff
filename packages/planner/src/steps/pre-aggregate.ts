import { formatWindow } from "@millrace/plan";
import type { Step } from "./step.ts";

/** Rows put together before they are moved. Only the last rule makes it. */
export const preAggregateStep: Step<"preAggregate"> = {
  describe: (node) => `put together ${formatWindow(node.window)} by ${node.groupKeys.join(", ")}`,
  needsEventTime: () => true,
  spec: ({ groupKeys, window, columns }) => ({
    kind: "preAggregate",
    keys: groupKeys,
    window,
    columns,
  }),
};
