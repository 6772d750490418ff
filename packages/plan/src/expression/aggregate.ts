import type { DataType } from "@millrace/core";
import type { Expression } from "./expression.ts";

/**
 * Aggregate functions.
 *
 * Nulls are left out (`count()` without argument counts rows). Over no values: `count` and
 * `approxDistinct` 0, all others null. `variance` and `stddev` are of the sample (n − 1; null for n
 * < 2), by Welford/Chan. `first` and `last` go by event time, then hidden columns; a null value is
 * skipped. NaN: `min`/`max` ignore it unless all are NaN.
 */
export const aggregateNames = [
  "count",
  "sum",
  "mean",
  "min",
  "max",
  "variance",
  "stddev",
  "first",
  "last",
  "quantile", // DDSketch, relative accuracy 0.01
  "approxDistinct", // HyperLogLog, 2^12 registers
] as const;

/** Name of an aggregate function. */
export type AggregateName = (typeof aggregateNames)[number];

/** One aggregate over the rows of a group: plain data. */
export interface AggregateCall {
  readonly function: AggregateName;
  /** Absent for `count()`. */
  readonly argument?: Expression;
  /** Arguments after the first one; a row in which one is null is left out. */
  readonly others?: readonly Expression[];
  /** Rows it sees; a null condition is false. */
  readonly filter?: Expression;
  /** Each different value once. */
  readonly distinct: boolean;
  /** `quantile`: q in [0, 1]. */
  readonly q?: number;
  readonly type: DataType;
}

/**
 * A column of an aggregation: an expression over aggregates, which appear in it as columns `$0`,
 * `$1`, …, indexes into `calls`.
 */
export interface AggregateColumn {
  readonly name: string;
  readonly expression: Expression;
  readonly calls: readonly AggregateCall[];
}

/** All arguments of a call, in order. */
export function argumentsOf(call: AggregateCall): readonly Expression[] {
  return call.argument === undefined ? [] : [call.argument, ...(call.others ?? [])];
}

/**
 * How an aggregate takes rows back, for updating streams.
 *
 * - `inverts`: by subtraction; nothing is kept of the values (with `distinct`, their counts are).
 * - `counts`: it keeps how often each value stands in a group, and its result comes from that.
 * - `rescans`: it keeps the same, and looks at the values of a group again when one is gone that
 *   matters.
 */
export const retractionOf: Readonly<Record<AggregateName, "inverts" | "counts" | "rescans">> = {
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
};

/** Aggregates that go by event time and lineage. */
export const orderedAggregates: ReadonlySet<AggregateName> = new Set(["first", "last"]);
