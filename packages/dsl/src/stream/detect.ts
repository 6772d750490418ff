import type { ModelDescriptor } from "@millrace/core";
import { type DetectNode, detectionFields } from "@millrace/plan";
import { checkNumberColumn } from "./number-column.ts";
import { checkDuplicates } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";
import { stepOf } from "./step-of.ts";

/** Options of `detect`, as they are at run time. */
export interface DetectArguments {
  readonly value: string;
  readonly detector: ModelDescriptor<"detector">;
}

/** The node of a detection; what is wrong with it is reported. */
export function detectNode(
  step: string,
  id: string,
  { draft, node }: StepInput,
  options: DetectArguments,
): DetectNode {
  checkNumberColumn(step, node.schema, options.value);
  const fields = [...node.schema.fields, ...detectionFields];
  checkDuplicates(step, fields);
  const stepMs = stepOf(draft, node);
  const { value, detector } = options;
  return {
    inputs: [node.id],
    schema: { fields },
    keys: node.keys,
    id,
    kind: "detect",
    value,
    detector,
    ...(stepMs === undefined ? {} : { stepMs }),
  };
}
