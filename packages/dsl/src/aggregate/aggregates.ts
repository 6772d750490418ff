import { type DataType, isInteger, withNullable } from "@millrace/core";
import type { AggregateName } from "@millrace/plan";
import type { ColumnExpression, NullOf, PointInTime } from "../expression/expression-types.ts";
import { ExpressionValue, operandOf } from "../expression/expression-value.ts";
import { unknownType } from "../expression/literal.ts";
import { expectKind, expectNumeric, float64Type, int64Type } from "../expression/result-type.ts";
import { reportProblem } from "../expression/scope.ts";
import type { Decimal } from "@millrace/core";
import type { CalledAggregate, CountAggregate } from "./aggregate-types.ts";
import { aggregatePlaceholder } from "./placeholder.ts";

/** Values that can be added up: a duration or a point in time is not one. */
type Numeric = number | bigint | Decimal | null;

function makeAggregate<Result>(
  name: AggregateName,
  of: unknown,
  typeOf: (argument: DataType) => DataType,
  options: { nullable?: boolean; q?: number } = {},
): Result {
  const argument = operandOf(of);
  const type = typeOf(argument.type);
  const nullable = options.nullable ?? argument.type.nullable;
  const placeholder = aggregatePlaceholder({
    function: name,
    argument,
    distinct: false,
    ...(options.q === undefined ? {} : { q: options.q }),
    type: type === unknownType ? type : withNullable(type, nullable),
  });
  return new ExpressionValue(placeholder) as Result;
}

function floatOfNumber(type: DataType): DataType {
  return expectNumeric(type) ? float64Type : unknownType;
}

function sumType(type: DataType): DataType {
  if (!expectNumeric(type) || type === unknownType) return unknownType;
  if (type.kind === "decimal") return { ...type, precision: 38 };
  const isBigint = (type.kind === "int64" || type.kind === "uint64") && type.as === "bigint";
  if (isBigint) return { kind: "int64", as: "bigint", nullable: false };
  return isInteger(type) ? int64Type : float64Type;
}

function orderedType(type: DataType): DataType {
  const unordered = ["binary", "json", "list", "row", "map"] as const;
  if (type === unknownType || !unordered.some((kind) => kind === type.kind)) return type;
  expectKind(type, [], "a value that has an order");
  return unknownType;
}

/** Rows of the group; with an expression, the rows in which it is not null. Never null. int64. */
export function count(of?: ColumnExpression<unknown>): CountAggregate {
  if (of !== undefined) return makeAggregate("count", of, () => int64Type, { nullable: false });
  const call = { function: "count", distinct: false, type: int64Type } as const;
  return new ExpressionValue(aggregatePlaceholder(call)) as unknown as CountAggregate;
}

/** The sum: int64 of integers (exact), float64 of floats. */
export function sum<Value extends Numeric>(of: ColumnExpression<Value>): CalledAggregate<Value> {
  return makeAggregate("sum", of, sumType);
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

/** The first value by event time; nulls are skipped. */
export function first<Value>(of: ColumnExpression<Value>): CalledAggregate<Value> {
  return makeAggregate("first", of, (type) => type);
}

/** The last value by event time; nulls are skipped. */
export function last<Value>(of: ColumnExpression<Value>): CalledAggregate<Value> {
  return makeAggregate("last", of, (type) => type);
}

/**
 * The value below which a share `q` of the values lies, to a relative accuracy of 0.01 (DDSketch).
 * float64.
 *
 * @param q from 0 to 1
 */
export function quantile<Value extends Numeric>(
  of: ColumnExpression<Value>,
  q: number,
): CalledAggregate<number | NullOf<Value>> {
  if (!(q >= 0 && q <= 1)) {
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: "quantile: q must lie between 0 and 1" });
  }
  return makeAggregate("quantile", of, floatOfNumber, { q });
}

/** About how many different values there are (HyperLogLog, about 1.6 % off). Never null. int64. */
export function approxDistinct(of: ColumnExpression<unknown>): CountAggregate {
  return makeAggregate("approxDistinct", of, () => int64Type, { nullable: false });
}
