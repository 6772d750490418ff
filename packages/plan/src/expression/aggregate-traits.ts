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
 * Why a call cannot be used there, as half a sentence, and what to do instead; undefined where it can.
 */
export function aggregateProblem(
  call: AggregateCall,
  use: AggregateUse,
): { readonly problem: string; readonly advice: string } | undefined {
  const user = call.settings?.user;
  if (user === undefined) return undefined;
  if (use.merges && !user.hasMerge) {
    const problem = "has no merge, and this window is put together of parts";
    return { problem, advice: "Give it merge, or use a tumbling window." };
  }
  if (use.retracts && !user.hasRemove) {
    const problem = "has no remove, and rows of this stream may be taken back";
    return { problem, advice: "Give it remove, or aggregate before the stream is updating." };
  }
  return undefined;
}
