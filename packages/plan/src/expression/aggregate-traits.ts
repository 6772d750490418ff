import { type MillraceError, millraceError } from "@millrace/core";
import type { AggregateCall, AggregateName } from "./aggregate.ts";

/**
 * How an aggregate takes rows back, for updating streams.
 *
 * - `inverts`: by subtraction; nothing is kept of the values (with `distinct`, their counts are).
 * - `counts`: it keeps how often each value stands in a group, and its result comes from that.
 * - `rescans`: it keeps the same, and looks at the values of a group again when one is gone that
 *   matters.
 */
export type Retraction = "inverts" | "counts" | "rescans";

const retractions: Readonly<Record<AggregateName, Retraction>> = {
  count: "inverts",
  sum: "inverts",
  mean: "inverts",
  min: "rescans",
  max: "rescans",
  variance: "inverts",
  stddev: "inverts",
  first: "rescans",
  last: "rescans",
  quantile: "inverts",
  approxDistinct: "counts",
  argMin: "rescans",
  argMax: "rescans",
  skewness: "rescans",
  kurtosis: "rescans",
  covariance: "inverts",
  correlation: "inverts",
  slope: "inverts",
  intercept: "inverts",
  mode: "counts",
  topK: "counts",
  approxTopK: "counts",
  histogram: "counts",
  collectList: "counts",
  collectSet: "counts",
  collectMap: "counts",
  any: "inverts",
  all: "inverts",
  decayingMean: "rescans",
  user: "inverts",
};

/** How a call takes rows back. */
export function retractionOf(call: AggregateCall): Retraction {
  const isCounted = call.settings?.exact === true || call.settings?.sketch !== undefined;
  return call.function === "quantile" && isCounted ? "counts" : retractions[call.function];
}

/** Whether the order of arrival may show in a result, within its bound. */
export function dependsOnArrival(call: AggregateCall): boolean {
  return call.function === "approxTopK" || call.settings?.sketch === "kll";
}

/** Aggregates that see each different value once anyway, or of which it cannot be asked. */
const undistinct: ReadonlySet<AggregateName> = new Set([
  "argMin",
  "argMax",
  "covariance",
  "correlation",
  "slope",
  "intercept",
  "topK",
  "approxTopK",
  "collectList",
  "collectSet",
  "collectMap",
  "any",
  "all",
  "decayingMean",
  "user",
]);

/** Whether `distinct` means something for an aggregate. */
export function allowsDistinct(name: AggregateName): boolean {
  return !undistinct.has(name);
}

/** What a stream or a window asks of its aggregates. */
export interface AggregateUse {
  /** Windows are put together of parts: panes of hopping and cumulate windows, sessions. */
  readonly merges: boolean;
  /** Rows may be taken back. */
  readonly retracts: boolean;
}

/**
 * What of the calls cannot be used there.
 *
 * @returns `PLAN_AGGREGATE_UNSUPPORTED` for a user-defined aggregate without `merge` or `remove`
 */
export function checkAggregates(
  step: string,
  calls: readonly AggregateCall[],
  use: AggregateUse,
): MillraceError[] {
  return calls.flatMap(({ settings }) => {
    const user = settings?.user;
    if (user === undefined) return [];
    const refused = (missing: "merge" | "remove", reason: string): MillraceError =>
      millraceError("PLAN_AGGREGATE_UNSUPPORTED", { step, aggregate: user.name, missing, reason });
    const problems: MillraceError[] = [];
    if (use.merges && !user.hasMerge) {
      problems.push(refused("merge", "this window is put together of parts"));
    }
    if (use.retracts && !user.hasRemove) {
      problems.push(refused("remove", "rows of this stream may be taken back"));
    }
    return problems;
  });
}
