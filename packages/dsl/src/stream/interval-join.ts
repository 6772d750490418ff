import type { Duration } from "@millrace/core";
import type { IntervalJoinNode, JoinKind } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { joinedBase, type JoinCallback, type JoinInputs } from "./joined-inputs.ts";
import { leftExpression, pairCondition, type RowCallback } from "./step-columns.ts";

/** Options of `intervalJoin`, as they are at run time. */
export interface IntervalJoinArguments {
  readonly lower: Duration;
  readonly upper: Duration | RowCallback;
  readonly kind?: JoinKind;
  readonly where?: JoinCallback;
  readonly select: JoinCallback;
}

/** The node of an interval join; what is wrong with it is reported. */
export function intervalJoinNode(
  step: string,
  id: string,
  inputs: JoinInputs,
  options: IntervalJoinArguments,
): IntervalJoinNode {
  checkBounds(step, options);
  const { upper, where } = options;
  const schemas = { left: inputs.left.schema, right: inputs.right.schema };
  return {
    kind: "intervalJoin",
    id,
    ...joinedBase(step, inputs, options),
    lowerMs: options.lower,
    ...(typeof upper === "function"
      ? { upperBound: leftExpression(step, inputs.left.schema, upper) }
      : { upperMs: upper }),
    ...(where === undefined ? {} : { where: pairCondition(step, schemas, where) }),
  };
}

function checkBounds(step: string, { lower, upper }: IntervalJoinArguments): void {
  const isOrdered = typeof upper === "function" || (Number.isSafeInteger(upper) && lower <= upper);
  if (Number.isSafeInteger(lower) && isOrdered) return;
  const problem = `${step}: lower and upper must be durations, and lower not above upper`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}
