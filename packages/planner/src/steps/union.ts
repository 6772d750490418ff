import { keepFields } from "./keep-fields.ts";
import type { Step } from "./step.ts";

/** Columns of the first input, in its order. */
export const unionStep: Step<"union"> = {
  describe: () => "union",
  columnsRead: (_, { wanted }) => wanted,
  prune: (node, { required }) => ({ ...node, schema: keepFields(node.schema, required) }),
  spec: ({ updating }) =>
    updating === undefined ? { kind: "union" } : { kind: "union", isUpdating: true },
};
