import { withInputSchema } from "./with-input-schema.ts";
import type { Step } from "./step.ts";

/** A mark; stages are cut here where every task must get all rows. */
export const broadcastStep: Step<"broadcast"> = {
  describe: () => "broadcast",
  columnsRead: (node, { wanted }) => [...wanted, ...node.keys],
  prune: withInputSchema,
};
