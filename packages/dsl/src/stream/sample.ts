import type { SampleNode } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { knownNames } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

/** Options of `sample`, as they are at run time. */
export interface SampleArguments {
  readonly by?: readonly string[];
  readonly seed?: number;
}

/** The parts of a sample that are its own; what is wrong with them is reported. */
export function sampleParts(
  { node }: StepInput,
  fraction: number,
  options: SampleArguments,
): Pick<SampleNode, "kind" | "columns" | "fraction" | "seed"> {
  const { by, seed = 0 } = options;
  if (!(fraction >= 0 && fraction <= 1)) {
    const problem = "sample: the share of rows lies between 0 and 1";
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  if (!Number.isInteger(seed)) {
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: "sample: the seed is a whole number" });
  }
  const names = by ?? node.schema.fields.map((field) => field.name);
  if (names.length === 0) {
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: "sample: by names at least one column" });
  }
  return { kind: "sample", columns: knownNames("sample", node.schema, names), fraction, seed };
}
