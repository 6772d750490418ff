import { formatDuration } from "@millrace/core";
import {
  type AsOfJoinSpec,
  formatExpression,
  formatWindow,
  type IntervalJoinSpec,
  type JoinSpec,
  type LookupTableSpec,
  type WindowJoinSpec,
} from "@millrace/plan";
import { describeColumns } from "./describe-columns.ts";

/** `inner join where right.time − left.time in [0s, 10s]`. */
export function describeIntervalJoin(
  join: Pick<IntervalJoinSpec, "joinKind" | "lowerMs" | "upperMs" | "upperBound" | "where">,
): string {
  const lower = formatDuration(join.lowerMs);
  const and = join.where === undefined ? "" : ` and ${formatExpression(join.where)}`;
  const span =
    join.upperBound === undefined
      ? `right.time − left.time in [${lower}, ${formatDuration(join.upperMs ?? 0)}]`
      : `right.time in [left.time + ${lower}, ${formatExpression(join.upperBound)}]`;
  return `${join.joinKind} join where ${span}${and}`;
}

/** `left join, rows forgotten after 1h`. */
export function describeJoin(join: Pick<JoinSpec, "joinKind" | "forgetAfterMs">): string {
  const { joinKind, forgetAfterMs } = join;
  const forgets =
    forgetAfterMs === undefined ? "" : `, rows forgotten after ${formatDuration(forgetAfterMs)}`;
  return `${joinKind} join${forgets}`;
}

/** `inner join in tumbling 10s`. */
export function describeWindowJoin(join: Pick<WindowJoinSpec, "joinKind" | "window">): string {
  return `${join.joinKind} join in ${formatWindow(join.window)}`;
}

/** `left join as of left.time, at most 1h before`. */
export function describeAsOfJoin(join: Pick<AsOfJoinSpec, "joinKind" | "toleranceMs">): string {
  const { joinKind, toleranceMs } = join;
  const near = toleranceMs === undefined ? "" : `, at most ${formatDuration(toleranceMs)} before`;
  return `${joinKind} join as of left.time${near}`;
}

/** `left lookup on key = left.auction % 100`. */
export function describeLookup({ joinKind, on }: Pick<LookupTableSpec, "joinKind" | "on">): string {
  return `${joinKind} lookup on ${describeColumns(on)}`;
}
