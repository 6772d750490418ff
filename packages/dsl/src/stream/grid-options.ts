import type { Decimal, Duration, Instant } from "@millrace/core";
import type { BetweenMethod, GridUpTo } from "@millrace/plan";
import type { ExpressionRow } from "../expression/expression-types.ts";
import type { GridValue } from "./grid-values.ts";
import type { Flat, WindowColumn } from "./row-types.ts";
import type { StreamTypeError } from "./stream-type-error.ts";

/** How far a grid goes, and over which gaps. */
interface GridOptions<UpTo extends GridUpTo> {
  /**
   * Rows of a key that are further apart in event time have nothing between them; it bounds the
   * state. At most 100,000 times `every`.
   */
  readonly maxGap: Duration;
  /**
   * `last-row` (default): from a key's first to its last row; what follows waits for `maxGap`.
   * `watermark`: also after a key's last row, as event time passes, until `maxGap` after it.
   */
  readonly upTo?: UpTo;
}

/** Options of `resample`. */
export interface ResampleOptions<
  Row,
  Keys extends PropertyKey,
  Time extends string,
  UpTo extends GridUpTo,
  Columns,
> extends GridOptions<UpTo> {
  /** Time between the points, which are multiples of it. */
  readonly every: Duration;
  /** Name of the column with a point's time; `time` by default. */
  readonly time?: Time;
  readonly columns: (
    row: ExpressionRow<Row>,
  ) => Columns & CheckedGridColumns<Columns, Keys | Time, UpTo>;
}

/** What is wrong with a column of a resampled row; the column itself where nothing is. */
export type CheckedGridColumns<Columns, Taken extends PropertyKey, UpTo> = {
  [Name in keyof Columns]: Name extends Taken
    ? StreamTypeError<`the column ${Name & string} is taken: it is a key or the time of the point`>
    : Columns[Name] extends GridValue<unknown, infer Method>
      ? CheckedMethod<Columns[Name], Method, UpTo>
      : StreamTypeError<`${Name & string} needs previous, next, nearest or linear`>;
};

type CheckedMethod<Value, Method, UpTo> = [UpTo, Method] extends ["watermark", "previous"]
  ? Value
  : [UpTo] extends ["watermark"]
    ? StreamTypeError<"up to the watermark there is no next row: only previous is possible">
    : Value;

/** The row of a point. */
export type ResampledRow<Row, Keys extends PropertyKey, Time extends string, Columns> = Flat<{
  [Name in Keys | Time | keyof Columns]: Name extends keyof Columns
    ? Columns[Name] extends GridValue<infer Value, BetweenMethod>
      ? Value
      : never
    : Name extends Keys & keyof Row
      ? Row[Name]
      : Instant;
}>;

/** Names of the columns that hold an instant in every row. */
export type TimeColumn<Row> = {
  [Name in keyof Row]: Row[Name] extends Instant ? Name : never;
}[keyof Row] &
  string;

/** Whether values of a column are numbers, and neither times nor durations. */
type IsLinear<Value> = number extends Value
  ? true
  : bigint extends Value
    ? true
    : Decimal extends Value
      ? true
      : false;

/**
 * What inserted rows have in a column: null, what the row before has, a value on the line to the
 * next row, or a constant: `0`, `false`, `{ value: "none" }`.
 */
export type FillOf<Value> =
  | "null"
  | "previous"
  | "linear"
  | Extract<NonNullable<Value>, number | bigint | boolean>
  | { readonly value: NonNullable<Value> };

/** What inserted rows have, by column. */
export type FillsOf<Row, Keys extends PropertyKey> = {
  readonly [Name in Exclude<keyof Row, Keys>]?: FillOf<Row[Name]>;
};

/** What is wrong with how a column is filled; nothing where nothing is. */
export type CheckedFills<Row, Keys extends PropertyKey, Fills, UpTo> = {
  readonly [Name in keyof Fills]: Name extends Exclude<keyof Row, Keys>
    ? Fills[Name] extends "linear"
      ? CheckedLine<Row[Name], Name, Fills[Name], UpTo>
      : Fills[Name]
    : StreamTypeError<`${Name & string} is no column that can be filled`>;
};

type CheckedLine<Value, Name, Fill, UpTo> =
  IsLinear<NonNullable<Value>> extends true
    ? [UpTo] extends ["watermark"]
      ? StreamTypeError<"up to the watermark there is no next row: linear is not possible">
      : Fill
    : StreamTypeError<`linear needs a column of numbers, and ${Name & string} is none`>;

/** Where the grid comes from: the window above, or a time between points and a column. */
type GridOf<Row, Time extends string> = [WindowColumn] extends [keyof Row]
  ? { readonly every?: Duration; readonly time?: Time }
  : {
      /** Time between the points, which are multiples of it. */
      readonly every: Duration;
      /** The column that gets the time of an inserted row. */
      readonly time: Time;
    };

/** Options of `gapFill`. */
export type GapFillOptions<
  Row,
  Keys extends PropertyKey,
  Time extends string,
  UpTo extends GridUpTo,
  Fills,
> = GridOptions<UpTo> &
  GridOf<Row, Time> & {
    /** By column; those that are not named are null in inserted rows. */
    readonly fill?: Fills & FillsOf<Row, Keys> & CheckedFills<Row, Keys, Fills, UpTo>;
  };

/** The row, with null where inserted rows have it. */
export type GapFilledRow<Row, Keys extends PropertyKey, Time extends string, Fills> = Flat<{
  [Name in keyof Row]: Name extends Keys | ([Time] extends [never] ? WindowColumn : Time)
    ? Row[Name]
    : Name extends keyof Fills
      ? Fills[Name] extends "null"
        ? Row[Name] | null
        : Row[Name]
      : Row[Name] | null;
}>;

/** How nulls are filled from known values. */
export type InterpolateMethod = "linear" | "previous" | "next";

/** Options of `interpolate`. */
export interface InterpolateOptions<
  Row,
  Names extends keyof Row,
  Method extends InterpolateMethod,
> {
  /** Columns whose nulls are filled; no keys. */
  readonly columns: readonly (Names & CheckedNull<Row, Names, Method>)[];
  /**
   * `linear` (default): on the straight line, by time, between the known values around. `previous`,
   * `next`: the known value before, or after.
   */
  readonly method?: Method;
  /**
   * How far a known value may be from the null that it fills; with `linear`, the two known values
   * from each other. A null waits at most so long for a value; it bounds the state.
   */
  readonly maxGap: Duration;
}

type CheckedNull<Row, Name extends keyof Row, Method> = Name extends unknown
  ? null extends Row[Name]
    ? [Method, IsLinear<NonNullable<Row[Name]>>] extends ["linear", false]
      ? StreamTypeError<`linear needs a column of numbers, and ${Name & string} is none`>
      : Name
    : StreamTypeError<`${Name & string} is never null`>
  : never;
