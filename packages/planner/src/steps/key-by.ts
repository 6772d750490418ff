import { withInputSchema } from "./with-input-schema.ts";
import type { Step } from "./step.ts";

/** A mark; stages are cut here where rows must change their task. */
export const keyByStep: Step<"keyBy"> = {
  describe: () => "keyBy",
  columnsRead: (node, { wanted }) => [...wanted, ...node.keys],
  prune: withInputSchema,
};
