import { formatDuration } from "@millrace/core";
import { columnsOf, formatExpression } from "@millrace/plan";
import { withInputSchema } from "./with-input-schema.ts";
import type { Step } from "./step.ts";

/** Another event time; rows stay as they are. */
export const retimeStep: Step<"retime"> = {
  describe: (node) =>
    `event time ${formatExpression(node.time)} within ${formatDuration(node.outOfOrdernessMs)}`,
  needsEventTime: () => true,
  columnsRead: (node, { wanted }) => [...wanted, ...columnsOf(node.time)],
  prune: withInputSchema,
  mapExpressions: (node, change) => ({ ...node, time: change(node.time) }),
  spec: ({ time, outOfOrdernessMs }) => ({ kind: "retime", time, outOfOrdernessMs }),
};
