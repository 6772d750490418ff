import { describeOnError } from "./describe-on-error.ts";
import { withInputSchema } from "./with-input-schema.ts";
import type { NodeOf, Step } from "./step.ts";

type FunctionKind = "filter" | "map" | "flatMap";

function functionStep<Kind extends FunctionKind>(kind: Kind): Step<Kind> {
  return {
    describe: (node: NodeOf<FunctionKind>) =>
      `${kind} by function ${node.functionId}${describeOnError(node.onError)}`,
    // A function sees whole rows, may make several rows of one, and names the record it refuses.
    needsLineage: () => true,
    ...(kind === "filter" ? { prune: withInputSchema } : {}),
    spec: (node: NodeOf<FunctionKind>) => ({
      kind: "rowFunction",
      mode: kind,
      functionId: node.functionId,
      step: node.id,
      ...(node.onError === undefined ? {} : { onError: node.onError }),
    }),
  };
}

/** Keeps rows by a plain function. */
export const filterStep: Step<"filter"> = functionStep("filter");
/** Makes one row of each by a plain function. */
export const mapStep: Step<"map"> = functionStep("map");
/** Makes any number of rows of each by a plain function. */
export const flatMapStep: Step<"flatMap"> = functionStep("flatMap");
