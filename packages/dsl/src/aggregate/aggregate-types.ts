import type { Instant } from "@millrace/core";
import type {
  BooleanExpression,
  NullIn,
  NullOf,
  PlainTime,
  PointInTime,
} from "../expression/expression-types.ts";

declare const aggregateBrand: unique symbol;

/**
 * A value per group, described and not yet computed: `mean(f.delay)`, `max(f.x).minus(min(f.x))`.
 *
 * Not a `ColumnExpression`: one row of a group has no such value, and a group has no single value
 * of a column.
 */
export interface AggregateExpression<out Value> {
  /** Only for inference; never present at run time. */
  readonly [aggregateBrand]: Value;
  isNull(): BooleanAggregate<boolean>;
  isNotNull(): BooleanAggregate<boolean>;
  /** The value, or the fallback where it is null. */
  orElse<Own, Other = Exclude<Own, null>>(
    this: AggregateExpression<Own>,
    fallback: AggregateExpression<Other> | NoInfer<Exclude<Own, null>>,
  ): AggregateOf<Exclude<Own, null> | NullIn<Other>>;
}

type Condition = BooleanExpression<boolean | null>;

/** What an aggregate function gives, before anything is made of it. */
interface FilterableAggregate<Filtered, Same> {
  /** Only the rows of the group for which the condition is true; null where there are none. */
  filter(condition: Condition): Filtered;
  /** Each different value once. */
  distinct(): Same;
}

/** A number per group. */
export interface NumberAggregate<
  out Value extends number | null,
> extends AggregateExpression<Value> {
  plus<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): NumberAggregate<number | NullOf<Value> | NullIn<Other>>;
  minus<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): NumberAggregate<number | NullOf<Value> | NullIn<Other>>;
  times<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): NumberAggregate<number | NullOf<Value> | NullIn<Other>>;
  /** Always a float; 1/0 is infinite. */
  dividedBy<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): NumberAggregate<number | NullOf<Value> | NullIn<Other>>;
  /**
   * The whole quotient of integers, cut towards zero as in SQL; null where the divisor is 0. int64.
   */
  dividedToInteger(other: number): NumberAggregate<number | NullOf<Value>>;
  dividedToInteger<Other extends number | null>(
    other: AggregateExpression<Other>,
  ): NumberAggregate<number | null>;
  negate(): NumberAggregate<number | NullOf<Value>>;
  abs(): NumberAggregate<number | NullOf<Value>>;
  /** Half away from zero; `digits` after the point, 0 by default. */
  round(digits?: number): NumberAggregate<number | NullOf<Value>>;
  floor(): NumberAggregate<number | NullOf<Value>>;
  ceil(): NumberAggregate<number | NullOf<Value>>;
  sqrt(): NumberAggregate<number | NullOf<Value>>;
  ln(): NumberAggregate<number | NullOf<Value>>;
  exp(): NumberAggregate<number | NullOf<Value>>;
  eq<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): BooleanAggregate<boolean | NullOf<Value> | NullIn<Other>>;
  ne<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): BooleanAggregate<boolean | NullOf<Value> | NullIn<Other>>;
  lt<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): BooleanAggregate<boolean | NullOf<Value> | NullIn<Other>>;
  lte<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): BooleanAggregate<boolean | NullOf<Value> | NullIn<Other>>;
  gt<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): BooleanAggregate<boolean | NullOf<Value> | NullIn<Other>>;
  gte<Other extends number | null = number>(
    other: AggregateExpression<Other> | number,
  ): BooleanAggregate<boolean | NullOf<Value> | NullIn<Other>>;
}

/** A condition per group. */
export interface BooleanAggregate<
  out Value extends boolean | null,
> extends AggregateExpression<Value> {
  and<Other extends boolean | null = boolean>(
    ...others: (AggregateExpression<Other> | boolean)[]
  ): BooleanAggregate<boolean | NullOf<Value> | NullIn<Other>>;
  or<Other extends boolean | null = boolean>(
    ...others: (AggregateExpression<Other> | boolean)[]
  ): BooleanAggregate<boolean | NullOf<Value> | NullIn<Other>>;
  not(): BooleanAggregate<boolean | NullOf<Value>>;
}

/** A point in time per group. */
export interface TimestampAggregate<
  out Value extends PointInTime | null,
> extends AggregateExpression<Value> {
  /** Milliseconds from `other` to this value. */
  since<Other extends PointInTime | null = Instant>(
    other: AggregateExpression<Other> | PlainTime,
  ): NumberAggregate<number | NullOf<Value> | NullIn<Other>>;
}

/** What `count` and `approxDistinct` give: 0, never null, where no row is seen. */
export interface CountAggregate
  extends NumberAggregate<number>, FilterableAggregate<CountAggregate, CountAggregate> {}

/** What the other aggregate functions give. */
export type CalledAggregate<Value> = AggregateOf<Value> &
  FilterableAggregate<CalledAggregate<Value | null>, CalledAggregate<Value>>;

/** What aggregate functions give for which different values mean nothing. */
export type UndistinctAggregate<Value> = AggregateOf<Value> & {
  /** Only the rows of the group for which the condition is true; null where there are none. */
  filter(condition: Condition): UndistinctAggregate<Value | null>;
};

/** The aggregate of a plain value's type, with the methods that suit it. */
export type AggregateOf<Value> = 0 extends 1 & Value
  ? // oxlint-disable-next-line typescript/no-explicit-any -- a column typed any aggregates to any
    any
  : [Value] extends [boolean | null]
    ? BooleanAggregate<Value>
    : [Value] extends [PointInTime | null]
      ? TimestampAggregate<Value>
      : [Value] extends [number | null]
        ? NumberAggregate<Value>
        : AggregateExpression<Value>;

/** The plain value of an aggregate. */
export type ValueOfAggregate<Part> = Part extends AggregateExpression<infer Value> ? Value : never;
