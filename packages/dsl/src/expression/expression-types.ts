import type {
  ColumnType,
  Decimal,
  Duration,
  EpochDay,
  Instant,
  MicroInstant,
  NanoInstant,
} from "@millrace/core";

declare const valueBrand: unique symbol;
declare const sortBrand: unique symbol;

/** `null` where a value may be null, else `never`. */
export type NullOf<Value> = Value & null;

/**
 * `null` where an operand may be null, else `never`.
 *
 * Conditional, so that nothing is inferred through it: what a result is used for must not decide
 * whether an operand may be null.
 */
export type NullIn<Operand> = null extends Operand ? null : never;

/** Every value of a date-time column. */
export type PointInTime = Instant | MicroInstant | NanoInstant | EpochDay;

/** What a timestamp may be compared with besides expressions: a point in time, or ISO 8601 text. */
export type PlainTime = PointInTime | string;

/**
 * A value per row, described and not yet computed; `Value` is what a user function would see.
 *
 * Immutable: each method describes a new value. A null operand gives null, unless the method says
 * otherwise. Plain values may stand for operands.
 */
export interface ColumnExpression<out Value> {
  /** Only for inference; never present at run time. */
  readonly [valueBrand]: Value;
  /** Whether the value is null; never null itself. */
  isNull(): BooleanExpression<boolean>;
  /** Whether there is a value; never null itself. */
  isNotNull(): BooleanExpression<boolean>;
  /** The value, or the fallback where it is null. */
  orElse<Own, Other = Exclude<Own, null>>(
    this: ColumnExpression<Own>,
    fallback: ColumnExpression<Other> | NoInfer<Exclude<Own, null>>,
  ): ExpressionOf<Exclude<Own, null> | NullIn<Other>>;
  /** Null where the value equals `other`. */
  nullIf<Own>(
    this: ColumnExpression<Own>,
    other: ColumnExpression<NoInfer<Own>> | NoInfer<Exclude<Own, null>>,
  ): ExpressionOf<Own | null>;
  /** Another type; a value that does not fit stops the run with `EXPRESSION_CAST_FAILED`. */
  cast<Own, Target>(
    this: ColumnExpression<Own>,
    type: ColumnType<Target>,
  ): ExpressionOf<Target | NullOf<Own>>;
  /** Another type; null where the value does not fit. */
  tryCast<Target>(type: ColumnType<Target>): ExpressionOf<Target | null>;
  /** A 32-bit hash, stable across runs; null hashes to 0. */
  hash(): NumberExpression<number>;
  /** As part of an order: ascending, null last. */
  asc(): SortExpression;
  /** As part of an order: descending, null last. */
  desc(): SortExpression;
}

/** A value by which rows are put in order. NaN counts as infinite. */
export interface SortExpression {
  /** Only for inference; never present at run time. */
  readonly [sortBrand]: true;
}

/** Values that are equal or not. `Plain` is what may stand for an operand. */
export interface EquatableExpression<out Value, Operand, Plain> extends ColumnExpression<Value> {
  eq<Other extends Operand | null = Operand>(
    other: ColumnExpression<Other> | Plain,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  ne<Other extends Operand | null = Operand>(
    other: ColumnExpression<Other> | Plain,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  /** Whether the value is one of some plain values, or of a list such as a list parameter. */
  isIn(
    values: readonly Plain[] | ListExpression<readonly Operand[]>,
  ): BooleanExpression<boolean | NullOf<Value>>;
}

/** Values that have an order. Floats compare as IEEE says; text by code points. */
export interface ComparableExpression<out Value, Operand, Plain> extends EquatableExpression<
  Value,
  Operand,
  Plain
> {
  lt<Other extends Operand | null = Operand>(
    other: ColumnExpression<Other> | Plain,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  lte<Other extends Operand | null = Operand>(
    other: ColumnExpression<Other> | Plain,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  gt<Other extends Operand | null = Operand>(
    other: ColumnExpression<Other> | Plain,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  gte<Other extends Operand | null = Operand>(
    other: ColumnExpression<Other> | Plain,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  /** From `low` to `high`, both included. */
  between<Low extends Operand | null = Operand, High extends Operand | null = Operand>(
    low: ColumnExpression<Low> | Plain,
    high: ColumnExpression<High> | Plain,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Low | High>>;
}

/**
 * A number. Integers stay exact (int64; leaving ±2^53 stops the run); with a float operand the
 * result is a float.
 */
export interface NumberExpression<out Value extends number | null> extends ComparableExpression<
  Value,
  number,
  number
> {
  plus<Other extends number | null = number>(
    other: ColumnExpression<Other> | number,
  ): NumberExpression<number | NullOf<Value> | NullIn<Other>>;
  /** Exact; of integers only. */
  plus<Other extends Decimal | null>(
    other: ColumnExpression<Other>,
  ): DecimalExpression<Decimal | NullOf<Value> | NullIn<Other>>;
  minus<Other extends number | null = number>(
    other: ColumnExpression<Other> | number,
  ): NumberExpression<number | NullOf<Value> | NullIn<Other>>;
  /** Exact; of integers only. */
  minus<Other extends Decimal | null>(
    other: ColumnExpression<Other>,
  ): DecimalExpression<Decimal | NullOf<Value> | NullIn<Other>>;
  times<Other extends number | null = number>(
    other: ColumnExpression<Other> | number,
  ): NumberExpression<number | NullOf<Value> | NullIn<Other>>;
  /** Exact; of integers only: `price.times(decimal("0.908"))`. */
  times<Other extends Decimal | null>(
    other: ColumnExpression<Other>,
  ): DecimalExpression<Decimal | NullOf<Value> | NullIn<Other>>;
  /** Always a float; 1/0 is infinite. */
  dividedBy<Other extends number | null = number>(
    other: ColumnExpression<Other> | number,
  ): NumberExpression<number | NullOf<Value> | NullIn<Other>>;
  /**
   * The whole quotient of integers, cut towards zero as in SQL; null where the divisor is 0. int64.
   */
  dividedToInteger(other: number): NumberExpression<number | NullOf<Value>>;
  dividedToInteger<Other extends number | null>(
    other: ColumnExpression<Other>,
  ): NumberExpression<number | null>;
  /** The remainder, with the sign of the dividend. A whole number modulo 0 is null. */
  modulo(other: number): NumberExpression<number | NullOf<Value>>;
  modulo<Other extends number | null>(
    other: ColumnExpression<Other>,
  ): NumberExpression<number | null>;
  negate(): NumberExpression<number | NullOf<Value>>;
  abs(): NumberExpression<number | NullOf<Value>>;
  /** −1, 0 or 1. */
  sign(): NumberExpression<number | NullOf<Value>>;
  /** Half away from zero; `digits` after the point, 0 by default. */
  round(digits?: number): NumberExpression<number | NullOf<Value>>;
  floor(): NumberExpression<number | NullOf<Value>>;
  ceil(): NumberExpression<number | NullOf<Value>>;
  sqrt(): NumberExpression<number | NullOf<Value>>;
  power<Other extends number | null = number>(
    exponent: ColumnExpression<Other> | number,
  ): NumberExpression<number | NullOf<Value> | NullIn<Other>>;
  /** Natural logarithm. */
  ln(): NumberExpression<number | NullOf<Value>>;
  exp(): NumberExpression<number | NullOf<Value>>;
  isNaN(): BooleanExpression<boolean | NullOf<Value>>;
}

/** A whole number as bigint: a column of `t.int64({ as: "bigint" })`. */
export interface BigintExpression<out Value extends bigint | null> extends ComparableExpression<
  Value,
  bigint,
  bigint
> {
  plus<Other extends bigint | null = bigint>(
    other: ColumnExpression<Other> | bigint,
  ): BigintExpression<bigint | NullOf<Value> | NullIn<Other>>;
  minus<Other extends bigint | null = bigint>(
    other: ColumnExpression<Other> | bigint,
  ): BigintExpression<bigint | NullOf<Value> | NullIn<Other>>;
  times<Other extends bigint | null = bigint>(
    other: ColumnExpression<Other> | bigint,
  ): BigintExpression<bigint | NullOf<Value> | NullIn<Other>>;
  /** A float. */
  dividedBy<Other extends bigint | null = bigint>(
    other: ColumnExpression<Other> | bigint,
  ): NumberExpression<number | NullOf<Value> | NullIn<Other>>;
  /** The whole quotient, cut towards zero as in SQL; null where the divisor is 0. */
  dividedToInteger(other: bigint): BigintExpression<bigint | NullOf<Value>>;
  dividedToInteger<Other extends bigint | null>(
    other: ColumnExpression<Other>,
  ): BigintExpression<bigint | null>;
  modulo(other: bigint): BigintExpression<bigint | NullOf<Value>>;
  modulo<Other extends bigint | null>(
    other: ColumnExpression<Other>,
  ): BigintExpression<bigint | null>;
  negate(): BigintExpression<bigint | NullOf<Value>>;
  abs(): BigintExpression<bigint | NullOf<Value>>;
}

/** An exact decimal number; beside integers it stays one. */
export interface DecimalExpression<out Value extends Decimal | null> extends ComparableExpression<
  Value,
  Decimal,
  Decimal | number
> {
  plus<Other extends Decimal | number | null = Decimal>(
    other: ColumnExpression<Other> | Decimal | number,
  ): DecimalExpression<Decimal | NullOf<Value> | NullIn<Other>>;
  minus<Other extends Decimal | number | null = Decimal>(
    other: ColumnExpression<Other> | Decimal | number,
  ): DecimalExpression<Decimal | NullOf<Value> | NullIn<Other>>;
  times<Other extends Decimal | number | null = Decimal>(
    other: ColumnExpression<Other> | Decimal | number,
  ): DecimalExpression<Decimal | NullOf<Value> | NullIn<Other>>;
  negate(): DecimalExpression<Decimal | NullOf<Value>>;
  abs(): DecimalExpression<Decimal | NullOf<Value>>;
}

/**
 * A condition. `and`, `or`, `not` follow three-valued logic; where a condition decides, null counts
 * as false.
 *
 * JavaScript's `&&`, `||` and `!` cannot be used: they would drop one side, so the plan refuses
 * what they leave.
 */
export interface BooleanExpression<out Value extends boolean | null> extends EquatableExpression<
  Value,
  boolean,
  boolean
> {
  and<Other extends boolean | null = boolean>(
    ...others: (ColumnExpression<Other> | boolean)[]
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  or<Other extends boolean | null = boolean>(
    ...others: (ColumnExpression<Other> | boolean)[]
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  not(): BooleanExpression<boolean | NullOf<Value>>;
}

/** Text. Positions and lengths count code points. */
export interface StringExpression<out Value extends string | null> extends ComparableExpression<
  Value,
  string,
  string
> {
  concat<Other extends string | null = string>(
    ...others: (ColumnExpression<Other> | string)[]
  ): StringExpression<string | NullOf<Value> | NullIn<Other>>;
  lower(): StringExpression<string | NullOf<Value>>;
  upper(): StringExpression<string | NullOf<Value>>;
  /** Without white space at both ends. */
  trim(): StringExpression<string | NullOf<Value>>;
  length(): NumberExpression<number | NullOf<Value>>;
  /** From a 0-based start, to the end unless a length is given. */
  substring(start: number, length?: number): StringExpression<string | NullOf<Value>>;
  contains<Other extends string | null = string>(
    text: ColumnExpression<Other> | string,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  startsWith<Other extends string | null = string>(
    text: ColumnExpression<Other> | string,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  endsWith<Other extends string | null = string>(
    text: ColumnExpression<Other> | string,
  ): BooleanExpression<boolean | NullOf<Value> | NullIn<Other>>;
  /** Every occurrence of `search`, which is plain text and no pattern. */
  replace(search: string, replacement: string): StringExpression<string | NullOf<Value>>;
  /**
   * What a group of a regular expression (flag `u`) finds first; null where nothing is found, or
   * the group took no part. 0, the default, is the whole match.
   */
  regexpExtract(pattern: RegExp | string, group?: number): StringExpression<string | null>;
  /** The part between separators at a 0-based index; null beyond the last part. */
  splitPart(separator: string, index: number): StringExpression<string | null>;
  /** Whether a regular expression (flag `u`) is found in the text. */
  matches(pattern: RegExp | string): BooleanExpression<boolean | NullOf<Value>>;
}

/** Units to which `truncateTo` cuts; a week starts on Monday. */
export type TimeUnit = "second" | "minute" | "hour" | "day" | "week" | "month" | "year";

/** A timestamp or a date, read in UTC. */
export interface TimestampExpression<
  out Value extends PointInTime | null,
> extends ComparableExpression<Value, PointInTime, PlainTime> {
  year(): NumberExpression<number | NullOf<Value>>;
  /** 1 … 12 */
  month(): NumberExpression<number | NullOf<Value>>;
  /** 1 … 31 */
  day(): NumberExpression<number | NullOf<Value>>;
  hour(): NumberExpression<number | NullOf<Value>>;
  minute(): NumberExpression<number | NullOf<Value>>;
  second(): NumberExpression<number | NullOf<Value>>;
  /** Monday 1 … Sunday 7. */
  dayOfWeek(): NumberExpression<number | NullOf<Value>>;
  /** 1 … 366 */
  dayOfYear(): NumberExpression<number | NullOf<Value>>;
  /**
   * Text by a pattern of `yyyy`, `MM`, `dd`, `HH`, `mm`, `ss` and `SSS` (milliseconds); other
   * letters stand in single quotes, signs for themselves: `"yyyy-MM-dd'T'HH:mm"`.
   */
  formatTime(pattern: string): StringExpression<string | NullOf<Value>>;
  /** The start of the unit that the value lies in. */
  truncateTo(unit: TimeUnit): TimestampExpression<Value>;
  plus<Other extends Duration | null = Duration>(
    duration: ColumnExpression<Other> | Duration,
  ): TimestampExpression<Value | NullIn<Other>>;
  minus<Other extends Duration | null = Duration>(
    duration: ColumnExpression<Other> | Duration,
  ): TimestampExpression<Value | NullIn<Other>>;
  /** Milliseconds from `other` to this value; negative where `other` is later. */
  since<Other extends PointInTime | null = PointInTime>(
    other: ColumnExpression<Other> | PlainTime,
  ): NumberExpression<number | NullOf<Value> | NullIn<Other>>;
}

/** A span of time. */
export interface DurationExpression<out Value extends Duration | null> extends ComparableExpression<
  Value,
  Duration,
  Duration
> {
  /** The span as a whole number of milliseconds. */
  milliseconds(): NumberExpression<number | NullOf<Value>>;
}

/** A list of values. */
export interface ListExpression<
  out Value extends readonly unknown[] | null,
> extends ColumnExpression<Value> {
  /** The value at a 0-based index; a negative one counts from the end; null outside. */
  at<Item>(
    this: ColumnExpression<readonly Item[] | null>,
    index: number,
  ): ExpressionOf<Item | null>;
  size(): NumberExpression<number | NullOf<Value>>;
  /** Whether the list has the value. */
  has<Item>(
    this: ColumnExpression<readonly Item[] | null>,
    value: ColumnExpression<NoInfer<Item>> | NoInfer<Item>,
  ): BooleanExpression<boolean | NullOf<Value>>;
}

/** A row within a column. */
export interface RowExpression<out Value extends object | null> extends ColumnExpression<Value> {
  /** The value of one of its columns. */
  field<Own extends object | null, Name extends keyof Exclude<Own, null> & string>(
    this: ColumnExpression<Own>,
    name: Name,
  ): ExpressionOf<Exclude<Own, null>[Name] | NullOf<Own>>;
}

/** Values by text key. */
export interface MapExpression<
  out Value extends Readonly<Record<string, unknown>> | null,
> extends ColumnExpression<Value> {
  /** The value of a key; null where the map does not have it. */
  get<Item>(
    this: ColumnExpression<Readonly<Record<string, Item>> | null>,
    key: string,
  ): ExpressionOf<Item | null>;
}

/** Bytes. */
export type BinaryExpression<Value extends Uint8Array | null> = EquatableExpression<
  Value,
  Uint8Array,
  Uint8Array
>;

/** JSON of any form: cast it, or read it in a plain function. */
export type JsonExpression<Value> = ColumnExpression<Value>;

/** The expression of a plain value's type, with the methods that suit it. */
export type ExpressionOf<Value> = 0 extends 1 & Value
  ? AnyExpression
  : unknown extends Value
    ? JsonExpression<Value>
    : [Value] extends [boolean | null]
      ? BooleanExpression<Value>
      : [Value] extends [PointInTime | null]
        ? TimestampExpression<Value>
        : [Value] extends [Duration | null]
          ? DurationExpression<Value>
          : [Value] extends [number | null]
            ? NumberExpression<Value>
            : [Value] extends [string | null]
              ? StringExpression<Value>
              : [Value] extends [bigint | null]
                ? BigintExpression<Value>
                : NestedExpressionOf<Value>;

type NestedExpressionOf<Value> = [Value] extends [Decimal | null]
  ? DecimalExpression<Value>
  : [Value] extends [Uint8Array | null]
    ? BinaryExpression<Value>
    : [Value] extends [readonly unknown[] | null]
      ? ListExpression<Value>
      : [Value] extends [Readonly<Record<string, unknown>> | null]
        ? string extends keyof Exclude<Value, null>
          ? MapExpression<Value>
          : RowExpression<Value>
        : [Value] extends [object | null]
          ? RowExpression<Value>
          : JsonExpression<Value>;

/**
 * An expression of a row that is typed `any`: every method is offered, and checked when the plan is
 * built.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- a row typed any has columns typed any
export type AnyExpression = any;

/** The plain value of an expression. */
export type ValueOfExpression<Part> = Part extends ColumnExpression<infer Value> ? Value : never;

/** A row whose columns are expressions: what callbacks of vectorised steps get. */
export type ExpressionRow<Row> = { readonly [Name in keyof Row]: ExpressionOf<Row[Name]> };

/** A condition of a row, as a callback. */
export type RowPredicate<Row> = (row: ExpressionRow<Row>) => BooleanExpression<boolean | null>;
