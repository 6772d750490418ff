import { withInputSchema } from "./with-input-schema.ts";
import type { Step } from "./step.ts";

/** The same rows of the same stream, wherever it stands in the plan. */
export const sampleStep: Step<"sample"> = {
  describe: (node) => `sample ${node.fraction} by ${node.columns.join(", ")}`,
  columnsRead: (node, { wanted }) => [...wanted, ...node.columns],
  prune: withInputSchema,
  spec: ({ columns, fraction, seed }) => ({ kind: "sample", columns, fraction, seed }),
};
