import type { Duration } from "@millrace/core";
import type { DeduplicateNode } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import type { StepInput } from "./step-input.ts";

/** Options of `deduplicate`, as they are at run time. */
export type DeduplicateArguments =
  | { readonly keep?: "first"; readonly within: Duration }
  | { readonly keep: "last"; readonly within?: Duration };

/** The node of a deduplication; what is wrong with it is reported. */
export function deduplicateNode(
  step: string,
  id: string,
  { node }: StepInput,
  options: { within: Duration },
): DeduplicateNode {
  const withinMs = checkedWithin(step, options.within);
  const { id: input, schema, keys } = node;
  return { inputs: [input], schema, keys, id, kind: "deduplicate", withinMs };
}

/** The span for which a key is remembered; one that is none is reported. */
export function checkedWithin(step: string, within: Duration): Duration {
  if (!(Number.isSafeInteger(within) && within > 0)) {
    const problem = `${step}: within must be a duration greater than zero`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return within;
}
