import { formatDuration } from "@millrace/core";
import { formatExpression, type IntervalJoinSpec, type JoinSpec } from "@millrace/plan";

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
