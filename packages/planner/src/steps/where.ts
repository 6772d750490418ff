import { columnsOf, formatExpression } from "@millrace/plan";
import { withInputSchema } from "./with-input-schema.ts";
import type { Step } from "./step.ts";

/** A vectorised filter. */
export const whereStep: Step<"where"> = {
  describe: (node) => `where ${formatExpression(node.predicate)}`,
  columnsRead: (node, { wanted }) => [...wanted, ...columnsOf(node.predicate)],
  prune: withInputSchema,
  mapExpressions: (node, change) => ({ ...node, predicate: change(node.predicate) }),
};
