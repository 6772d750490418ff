import type { Step } from "./step.ts";

/** Rows of the aggregation's own input. */
export const lateStep: Step<"late"> = {
  describe: () => "late",
  prune(node, { pruned }) {
    const before = pruned(pruned(node.inputs[0])?.inputs[0]);
    return before === undefined ? node : { ...node, schema: before.schema };
  },
};
