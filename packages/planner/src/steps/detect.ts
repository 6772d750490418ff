import { detectionFields } from "@millrace/plan";
import { checkModelValue, modelColumnsRead } from "./model-value.ts";
import type { Step } from "./step.ts";

/** Adds a detection to each row. */
export const detectStep: Step<"detect"> = {
  describe: (node) => `detect ${node.value} with ${node.detector.kind}`,
  check: checkModelValue,
  needsEventTime: () => true,
  columnsRead: modelColumnsRead,
  prune(node, { pruned }) {
    const input = pruned(node.inputs[0]);
    if (input === undefined) return node;
    return { ...node, schema: { fields: [...input.schema.fields, ...detectionFields] } };
  },
  needsLineage: () => true,
  spec: ({ keys, value, detector, stepMs }) => ({
    kind: "detect",
    keys,
    value,
    detector,
    ...(stepMs === undefined ? {} : { stepMs }),
  }),
};
