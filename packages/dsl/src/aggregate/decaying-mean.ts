import type { Duration } from "@millrace/core";
import type { ColumnExpression, NullOf } from "../expression/expression-types.ts";
import { reportProblem } from "../expression/scope.ts";
import type { UndistinctAggregate } from "./aggregate-types.ts";
import { floatOfNumber, makeAggregate, type Numeric } from "./make-aggregate.ts";

/**
 * The mean in which a value weighs half as much for each half-life that it is older than the last
 * row of the group, by event time: an exponentially weighted moving average (EWMA) that knows
 * irregular times. float64.
 *
 * The order of arrival does not matter, and rows of one time weigh the same.
 *
 * @param options halfLife: a duration greater than zero
 */
export function decayingMean<Value extends Numeric>(
  of: ColumnExpression<Value>,
  options: { readonly halfLife: Duration },
): UndistinctAggregate<number | NullOf<Value>> {
  const halfLifeMs = options.halfLife;
  if (!(halfLifeMs > 0 && Number.isFinite(halfLifeMs))) {
    const problem = "decayingMean: halfLife must be a duration greater than zero";
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return makeAggregate("decayingMean", of, floatOfNumber, { settings: { halfLifeMs } });
}
