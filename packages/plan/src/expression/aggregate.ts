import type { DataType, FieldType } from "@millrace/core";
import type { Expression } from "./expression.ts";

/**
 * Aggregate functions.
 *
 * Nulls are left out (`count()` without argument counts rows); of several arguments, none may be
 * null. `any` and `all` see nulls. Over no values: `count` and `approxDistinct` 0, all others null.
 * `variance`, `stddev` and `covariance` are of the sample (n − 1; null for n < 2). `first`, `last`
 * and what else is in `orderedAggregates` go by event time, then hidden columns. NaN: `min`/`max`
 * ignore it unless all are NaN.
 */
export const aggregateNames = [
  "count",
  "sum", // with `exact`: of floats, rounded once
  "mean",
  "min",
  "max",
  "variance",
  "stddev",
  "first",
  "last",
  "quantile", // DDSketch, relative accuracy 0.01; with `exact` interpolated, or a KLL sketch
  "approxDistinct", // HyperLogLog, 2^12 registers
  "argMin", // argMin(value, by)
  "argMax",
  "skewness", // of the sample, corrected for its size
  "kurtosis", // excess, of the sample, corrected for its size
  "covariance", // covariance(y, x)
  "correlation",
  "slope", // slope(y, x): of the line of least squares
  "intercept",
  "mode", // of equally frequent ones, the smallest
  "topK",
  "approxTopK", // Misra–Gries
  "histogram",
  "collectList", // the first ones by event order
  "collectSet", // the smallest ones, ascending
  "collectMap", // collectMap(key, value): the last value of each of the smallest keys
  "any",
  "all",
  "decayingMean", // weights halve with each half-life of event time
  "user", // user-defined
] as const;

/** Name of an aggregate function. */
export type AggregateName = (typeof aggregateNames)[number];

/** A user-defined aggregate as plain data; its functions are in `LogicalPlan.functions`. */
export interface UserAggregate {
  /** Unique in the pipeline; its functions are `aggregate.name.init`, …. */
  readonly name: string;
  /** Names of the arguments, as the functions see them. */
  readonly inputs: readonly string[];
  readonly state: readonly FieldType[];
  /** Without it, no window that is put together of parts can use the aggregate. */
  readonly hasMerge: boolean;
  /** Without it, the aggregate cannot be used over an updating stream. */
  readonly hasRemove: boolean;
}

/** What an aggregate function needs to know beside its arguments. */
export interface AggregateSettings {
  /** `sum` of floats: rounded once. `quantile`: from all values. */
  readonly exact?: boolean;
  /** `quantile`: another sketch than DDSketch. */
  readonly sketch?: "kll";
  /** `quantile` by KLL: what its choices are drawn from. */
  readonly seed?: number;
  /** `topK`, `approxTopK`: values of the result. */
  readonly k?: number;
  /** `approxTopK`: counters. */
  readonly capacity?: number;
  /** `collectList`, `collectSet`, `collectMap`: elements of the result. */
  readonly limit?: number;
  /** `histogram`: edges of the bins, ascending; or their width. */
  readonly edges?: readonly number[];
  readonly width?: number;
  /** `decayingMean`: after how long a value weighs half. */
  readonly halfLifeMs?: number;
  /** `user`: which one. */
  readonly user?: UserAggregate;
}

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
  readonly settings?: AggregateSettings;
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

/** Ids of the functions of a user-defined aggregate, in `LogicalPlan.functions`. */
export function userFunctionId(
  name: string,
  step: "init" | "add" | "merge" | "remove" | "result",
): string {
  return `aggregate.${name}.${step}`;
}

/** Aggregates that go by event time, and where it is equal by lineage. */
export const orderedAggregates: ReadonlySet<AggregateName> = new Set([
  "first",
  "last",
  "argMin",
  "argMax",
  "collectList",
  "collectMap",
  "decayingMean",
]);
