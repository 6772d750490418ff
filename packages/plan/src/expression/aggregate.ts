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
