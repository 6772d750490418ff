import { formatDuration } from "@millrace/core";
import type { JoinKind } from "@millrace/plan";

/** `inner join where right.time − left.time in [0s, 10s]`. */
export function describeIntervalJoin(join: {
  readonly joinKind: JoinKind;
  readonly lowerMs: number;
  readonly upperMs: number;
}): string {
  const bounds = [join.lowerMs, join.upperMs].map((ms) => formatDuration(ms)).join(", ");
  return `${join.joinKind} join where right.time − left.time in [${bounds}]`;
}
