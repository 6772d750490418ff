import type { DataType } from "@millrace/core";
import type { AggregateName } from "@millrace/plan";
import type { ColumnExpression, NullOf, PointInTime } from "../expression/expression-types.ts";
import type { UndistinctAggregate } from "./aggregate-types.ts";
import {
  flatType,
  floatOfNumber,
  makeAggregate,
  type Numeric,
  orderedType,
} from "./make-aggregate.ts";

type Ordered = Numeric | PointInTime | string | boolean;
type PairAggregate = UndistinctAggregate<number | null>;

/**
 * The value of one column in the row where another one is smallest; of equal ones, in the first row
 * by event time. Rows where one of the two is null are skipped.
 */
export function argMin<Value, By extends Ordered>(
  value: ColumnExpression<Value>,
  by: ColumnExpression<By>,
): UndistinctAggregate<Value | NullOf<By>> {
  return makeAggregate("argMin", value, orderedBy, { others: [by] });
}

/**
 * The value of one column in the row where another one is greatest; of equal ones, in the first row
 * by event time. Rows where one of the two is null are skipped.
 */
export function argMax<Value, By extends Ordered>(
  value: ColumnExpression<Value>,
  by: ColumnExpression<By>,
): UndistinctAggregate<Value | NullOf<By>> {
  return makeAggregate("argMax", value, orderedBy, { others: [by] });
}

/** The type of the value; reports a `by` that has no order. */
function orderedBy(value: DataType, ...others: readonly DataType[]): DataType {
  for (const other of others) orderedType(other);
  return flatType(value);
}

function pair(
  name: AggregateName,
  y: ColumnExpression<Numeric>,
  x: ColumnExpression<Numeric>,
): PairAggregate {
  return makeAggregate(name, y, floatOfNumber, { others: [x], nullable: true });
}

/** The covariance of the sample (n − 1); null for fewer than two pairs. */
export function covariance(
  y: ColumnExpression<Numeric>,
  x: ColumnExpression<Numeric>,
): PairAggregate {
  return pair("covariance", y, x);
}

/**
 * Pearson's correlation, −1 to 1; null for fewer than two pairs, and where one of the two is
 * constant.
 */
export function correlation(
  y: ColumnExpression<Numeric>,
  x: ColumnExpression<Numeric>,
): PairAggregate {
  return pair("correlation", y, x);
}

/** The slope of the line of least squares of y over x; null where x is constant. */
export function slope(y: ColumnExpression<Numeric>, x: ColumnExpression<Numeric>): PairAggregate {
  return pair("slope", y, x);
}

/** Where the line of least squares of y over x is at x = 0; null where x is constant. */
export function intercept(
  y: ColumnExpression<Numeric>,
  x: ColumnExpression<Numeric>,
): PairAggregate {
  return pair("intercept", y, x);
}
