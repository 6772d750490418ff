import { type DataType, isInteger } from "@millrace/core";
import type {
  BooleanExpression,
  ColumnExpression,
  NullOf,
  PointInTime,
} from "../expression/expression-types.ts";
import { ExpressionValue, isExpressionValue } from "../expression/expression-value.ts";
import { unknownType } from "../expression/literal.ts";
import {
  booleanType,
  expectKind,
  expectNumeric,
  float64Type,
  int64Type,
} from "../expression/result-type.ts";
import { reportProblem } from "../expression/scope.ts";
import type { CalledAggregate, CountAggregate, UndistinctAggregate } from "./aggregate-types.ts";
import {
  floatOfNumber,
  isFloat,
  makeAggregate,
  type Numeric,
  orderedType,
} from "./make-aggregate.ts";
import { aggregatePlaceholder } from "./placeholder.ts";

function sumType(type: DataType): DataType {
  if (!expectNumeric(type) || type === unknownType) return unknownType;
  if (type.kind === "decimal") return { ...type, precision: 38 };
  const isBigint = (type.kind === "int64" || type.kind === "uint64") && type.as === "bigint";
  if (isBigint) return { kind: "int64", as: "bigint", nullable: false };
  return isInteger(type) ? int64Type : float64Type;
}

/** Rows of the group; with an expression, the rows in which it is not null. Never null. int64. */
export function count(of?: ColumnExpression<unknown>): CountAggregate {
  if (of !== undefined) return makeAggregate("count", of, () => int64Type, { nullable: false });
  const call = { function: "count", distinct: false, type: int64Type } as const;
  return new ExpressionValue(aggregatePlaceholder(call)) as unknown as CountAggregate;
}

/**
 * How many different values there are, exactly: `count(of).distinct()`. Never null. int64.
 *
 * **State** one entry per (group, value)
 */
export function countDistinct(of: ColumnExpression<unknown>): CountAggregate {
  return count(of).distinct();
}

/**
 * The sum: int64 of integers (exact), float64 of floats, decimals of decimals (exact).
 *
 * Float sums are compensated: the order of rows shows in the last digits only, if at all. With
 * `exact` it never does, as the sum is rounded once: the same bits in any order, for about 600
 * bytes a group.
 */
export function sum<Value extends Numeric>(
  of: ColumnExpression<Value>,
  options: { readonly exact?: boolean } = {},
): CalledAggregate<Value> {
  // Sums of integers and decimals are exact anyway.
  const isExact = options.exact === true && isExpressionValue(of) && isFloat(of.expression.type);
  return makeAggregate("sum", of, sumType, isExact ? { settings: { exact: true } } : {});
}

/** The arithmetic mean, float64. */
export function mean<Value extends Numeric>(
  of: ColumnExpression<Value>,
): CalledAggregate<number | NullOf<Value>> {
  return makeAggregate("mean", of, floatOfNumber);
}

/** The smallest value; NaN only where all are NaN. */
export function min<Value extends Numeric | PointInTime | string | boolean>(
  of: ColumnExpression<Value>,
): CalledAggregate<Value> {
  return makeAggregate("min", of, orderedType);
}

/** The greatest value; NaN only where all are NaN. */
export function max<Value extends Numeric | PointInTime | string | boolean>(
  of: ColumnExpression<Value>,
): CalledAggregate<Value> {
  return makeAggregate("max", of, orderedType);
}

/** The variance of the sample (n − 1); null for fewer than two values. */
export function variance(of: ColumnExpression<Numeric>): CalledAggregate<number | null> {
  return makeAggregate("variance", of, floatOfNumber, { nullable: true });
}

/** The standard deviation of the sample (n − 1); null for fewer than two values. */
export function stddev(of: ColumnExpression<Numeric>): CalledAggregate<number | null> {
  return makeAggregate("stddev", of, floatOfNumber, { nullable: true });
}

/**
 * The skewness of the sample, corrected for its size (G1, as spreadsheets and DuckDB have it); null
 * for fewer than three values, and where all are equal.
 *
 * **Source** Pébay, SAND2008-6212, 2008; Joanes, Gill, The Statistician 47, 1998
 */
export function skewness(of: ColumnExpression<Numeric>): CalledAggregate<number | null> {
  return makeAggregate("skewness", of, floatOfNumber, { nullable: true });
}

/**
 * The excess kurtosis of the sample, corrected for its size (G2, as spreadsheets and DuckDB have
 * it); 0 for a normal distribution, null for fewer than four values, and where all are equal.
 *
 * **Source** Pébay, SAND2008-6212, 2008; Joanes, Gill, The Statistician 47, 1998
 */
export function kurtosis(of: ColumnExpression<Numeric>): CalledAggregate<number | null> {
  return makeAggregate("kurtosis", of, floatOfNumber, { nullable: true });
}

/** The first value by event time; nulls are skipped. */
export function first<Value>(of: ColumnExpression<Value>): CalledAggregate<Value> {
  return makeAggregate("first", of, (type) => type);
}

/** The last value by event time; nulls are skipped. */
export function last<Value>(of: ColumnExpression<Value>): CalledAggregate<Value> {
  return makeAggregate("last", of, (type) => type);
}

/** How a quantile is found. */
export interface QuantileOptions {
  /**
   * From all values, with linear interpolation. It keeps each different value of a group, up to
   * `limits.valuesPerGroupMax`.
   */
  readonly exact?: boolean;
  /**
   * `"kll"` bounds the error of the rank (about 1.7 % of the number of values), whatever the values
   * are like; without it, the error of the value is bounded.
   */
  readonly sketch?: "kll";
  /** What the choices of a KLL sketch are drawn from; 0 by default. */
  readonly seed?: number;
}

/**
 * The value below which a share `q` of the values lies, to a relative accuracy of 0.01 (DDSketch).
 * float64.
 *
 * @param q from 0 to 1
 * @param options another sketch, or exactly
 */
export function quantile<Value extends Numeric>(
  of: ColumnExpression<Value>,
  q: number,
  options: QuantileOptions = {},
): CalledAggregate<number | NullOf<Value>> {
  if (!(q >= 0 && q <= 1)) {
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: "quantile: q must lie between 0 and 1" });
  }
  const { exact, sketch, seed = 0 } = options;
  if (exact === true && sketch !== undefined) {
    const problem = "quantile: choose either exact or a sketch";
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  if (!Number.isSafeInteger(seed)) {
    const problem = "quantile: seed must be a whole number";
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  if (exact === true)
    return makeAggregate("quantile", of, floatOfNumber, { q, settings: { exact } });
  if (sketch === undefined) return makeAggregate("quantile", of, floatOfNumber, { q });
  return makeAggregate("quantile", of, floatOfNumber, { q, settings: { sketch, seed } });
}

/**
 * The middle value, or the mean of the two in the middle; exact. float64.
 *
 * It keeps each different value of a group, up to `limits.valuesPerGroupMax`; for groups of many
 * different values, take `quantile(of, 0.5)`, which is within 1 %.
 */
export function median<Value extends Numeric>(
  of: ColumnExpression<Value>,
): CalledAggregate<number | NullOf<Value>> {
  return quantile(of, 0.5, { exact: true });
}

/** About how many different values there are (HyperLogLog, about 1.6 % off). Never null. int64. */
export function approxDistinct(of: ColumnExpression<unknown>): CountAggregate {
  return makeAggregate("approxDistinct", of, () => int64Type, { nullable: false });
}

type Truth<Value> = UndistinctAggregate<boolean | NullOf<Value>>;

function truthOf<Value extends boolean | null>(
  name: "any" | "all",
  of: BooleanExpression<Value>,
): Truth<Value> {
  const typeOf = (type: DataType): DataType =>
    expectKind(type, ["boolean"], "a condition") ? booleanType : unknownType;
  return makeAggregate(name, of, typeOf);
}

/**
 * Whether the condition is true for any row: three-valued, so null where none is true and one is
 * null.
 */
export function any<Value extends boolean | null>(of: BooleanExpression<Value>): Truth<Value> {
  return truthOf("any", of);
}

/**
 * Whether the condition is true for all rows: three-valued, so null where none is false and one is
 * null.
 */
export function all<Value extends boolean | null>(of: BooleanExpression<Value>): Truth<Value> {
  return truthOf("all", of);
}
