import { formatDuration } from "@millrace/core";
import { withInputSchema } from "./with-input-schema.ts";
import type { Step } from "./step.ts";

/** The first row of each key, in event order. */
export const deduplicateStep: Step<"deduplicate"> = {
  describe: (node) => `deduplicate within ${formatDuration(node.withinMs)}`,
  needsEventTime: () => true,
  columnsRead: (node, { wanted }) => [...wanted, ...node.keys],
  prune: withInputSchema,
  needsLineage: () => true,
  spec: ({ keys, withinMs }) => ({ kind: "deduplicate", keys, withinMs }),
};
