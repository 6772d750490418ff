import type { OnError } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";

/** Options of steps with a plain function. */
export interface FunctionOptions {
  /**
   * What becomes of a row for which the function throws or gives a wrong result: a dead letter
   * (`deadLetter`, the default), nothing (`skip`: it counts as filtered), or an error that stops
   * the run (`fail`).
   */
  readonly onError?: OnError;
}

const policies: readonly string[] = ["deadLetter", "skip", "fail"] satisfies OnError[];

/** The options as a node holds them; what is wrong with them is reported. */
export function failureOptions(step: string, { onError }: FunctionOptions): { onError?: OnError } {
  if (onError === undefined) return {};
  if (!policies.includes(onError)) {
    const problem = `${step}: onError must be one of ${policies.join(", ")}`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return { onError };
}
