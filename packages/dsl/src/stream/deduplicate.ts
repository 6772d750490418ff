import type { Duration } from "@millrace/core";
import type { DeduplicateNode } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import type { StepInput } from "./step-input.ts";

/** Options of `deduplicate`, as they are at run time. */
export type DeduplicateArguments =
  | { readonly keep?: "first"; readonly within: Duration }
  | { readonly keep: "last"; readonly within?: never };

/** The node of a deduplication; what is wrong with it is reported. */
export function deduplicateNode(
  step: string,
  id: string,
  { node }: StepInput,
  options: { within: Duration },
): DeduplicateNode {
  const withinMs = options.within;
  if (!(Number.isSafeInteger(withinMs) && withinMs > 0)) {
    const problem = `${step}: within must be a duration greater than zero`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  const { id: input, schema, keys } = node;
  return { inputs: [input], schema, keys, id, kind: "deduplicate", withinMs };
}
