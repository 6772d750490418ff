import { changeField } from "@millrace/plan";
import type { Step } from "./step.ts";

/** Changes as rows. Has no event time, as a row that is taken back may be from long ago. */
export const changesStep: Step<"changes"> = {
  describe: () => "changes",
  columnsRead: (_, { wanted }) => wanted,
  prune(node, { pruned }) {
    const input = pruned(node.inputs[0]);
    if (input === undefined) return node;
    return { ...node, schema: { fields: [...input.schema.fields, changeField] } };
  },
  needsLineage: () => false,
  spec: () => ({ kind: "changes" }),
};
