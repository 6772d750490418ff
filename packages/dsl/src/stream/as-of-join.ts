import type { Duration } from "@millrace/core";
import type { AsOfJoinNode } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { joinedBase, type JoinCallback, type JoinInputs } from "./joined-inputs.ts";

/** Options of `asOfJoin`, as they are at run time. */
export interface AsOfJoinArguments {
  readonly kind?: "inner" | "left";
  readonly tolerance?: Duration;
  readonly select: JoinCallback;
}

/** The node of an as-of join; what is wrong with it is reported. */
export function asOfJoinNode(
  step: string,
  id: string,
  inputs: JoinInputs,
  options: AsOfJoinArguments,
): AsOfJoinNode {
  const { tolerance, kind = "inner" } = options;
  if (tolerance !== undefined && !(Number.isSafeInteger(tolerance) && tolerance >= 0)) {
    const problem = `${step}: tolerance must be a duration of at least zero`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  if (kind !== "inner" && kind !== "left") {
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: `${step}: kind must be inner or left` });
  }
  return {
    id,
    ...joinedBase(step, inputs, options),
    kind: "asOfJoin",
    joinKind: kind,
    ...(tolerance === undefined ? {} : { toleranceMs: tolerance }),
  };
}
