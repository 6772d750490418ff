import type { Decimal, Duration } from "@millrace/core";
import type {
  BooleanExpression,
  ExpressionOf,
  ExpressionRow,
  NullOf,
  NumberExpression,
  PointInTime,
  ValueOfExpression,
} from "../expression/expression-types.ts";
import type { CheckedColumns, Flat } from "./row-types.ts";
import type { StreamTypeError } from "./stream-type-error.ts";

declare const sequenceBrand: unique symbol;

/**
 * A row of a match, as expressions; all columns may be null where there may be no such row
 * (`Absent` is then null, else never).
 */
export type MatchedRow<Row, Absent> = {
  readonly [Name in keyof Row]: ExpressionOf<Row[Name] | Absent>;
};

/** Names of the columns that can be added up. */
export type SummedColumn<Row> = {
  [Name in keyof Row]: number extends Exclude<Row[Name], null>
    ? Name
    : [Exclude<Row[Name], null>] extends [bigint | Decimal]
      ? Name
      : never;
}[keyof Row] &
  string;

/** Names of the columns that have an order. */
export type OrderedColumn<Row> = {
  [Name in keyof Row]: [Row[Name]] extends [
    number | bigint | Decimal | PointInTime | Duration | string | boolean | null,
  ]
    ? Name
    : never;
}[keyof Row] &
  string;

/** The rows that a variable of a pattern has matched, in event order. */
export interface MatchedRows<Row, Absent> {
  readonly first: MatchedRow<Row, Absent>;
  readonly last: MatchedRow<Row, Absent>;
  /** The row so many rows after the first one; null where there is none. */
  fromFirst(offset: number): MatchedRow<Row, null>;
  /** The row so many rows before the last one; null where there is none. */
  fromLast(offset: number): MatchedRow<Row, null>;
  /** How many rows there are; of a column, those in which it is not null. */
  count(column?: keyof Row & string): NumberExpression<number>;
  /** As the aggregate `sum`; nulls are left out. */
  sum<Name extends SummedColumn<Row>>(column: Name): ExpressionOf<Row[Name] | Absent>;
  /** As the aggregate `mean`; nulls are left out. */
  mean<Name extends SummedColumn<Row>>(
    column: Name,
  ): NumberExpression<number | NullOf<Row[Name]> | (Absent & null)>;
  /** The smallest value; nulls are left out. */
  min<Name extends OrderedColumn<Row>>(column: Name): ExpressionOf<Row[Name] | Absent>;
  /** The greatest value; nulls are left out. */
  max<Name extends OrderedColumn<Row>>(column: Name): ExpressionOf<Row[Name] | Absent>;
}

/** A match by its variables: never where a variable has a row, null where it may have none. */
export type MatchOf<Row, Variables> = {
  readonly [Name in keyof Variables]: MatchedRows<Row, Variables[Name]>;
};

/** The variables with one more. */
export type WithVariable<Variables, Name extends string, Absent> = Flat<{
  [Each in keyof Variables | Name]: Each extends keyof Variables ? Variables[Each] : Absent;
}>;

/** What is wrong with the name of a variable; the name itself where nothing is. */
export type NewVariable<Name, Variables> = Name extends keyof Variables
  ? StreamTypeError<`there is a variable ${Name & string} already; choose another name`>
  : Name;

/**
 * Which rows a variable takes: a condition of the row and of the match so far, to which the row
 * belongs already as a row of this variable: `match.down.last` is the row itself, and
 * `match.down.fromLast(1)` the one before.
 */
export type VariableCondition<Row, Variables, Name extends string> = (
  row: ExpressionRow<Row>,
  match: MatchOf<Row, WithVariable<Variables, Name, never>>,
) => BooleanExpression<boolean | null>;

/** How a variable takes rows. */
export interface VariableOptions<Row, Variables, Name extends string> {
  /** As few rows as possible, where the default is as many as possible. */
  readonly reluctant?: boolean;
  /**
   * Whether rows that do not satisfy the condition may stand before each row of the variable; by
   * default its rows follow directly.
   */
  readonly relaxed?: boolean;
  /** Only of a relaxed variable: rows that must not stand before its rows. */
  readonly unless?: (
    row: ExpressionRow<Row>,
    match: MatchOf<Row, WithVariable<Variables, Name, null>>,
  ) => BooleanExpression<boolean | null>;
}

type NullIfZero<Min extends number> = number extends Min ? null : 0 extends Min ? null : never;

/**
 * A sequence of variables, which more can be added to. A variable without a condition takes any
 * row.
 */
export interface PatternSteps<Row, Variables> {
  /** Exactly one row. */
  one<const Name extends string>(
    name: Name & NewVariable<Name, Variables>,
    condition?: VariableCondition<Row, Variables, Name>,
    options?: VariableOptions<Row, Variables, Name>,
  ): PatternSequence<Row, WithVariable<Variables, Name, never>>;
  /** One row or none. */
  optional<const Name extends string>(
    name: Name & NewVariable<Name, Variables>,
    condition?: VariableCondition<Row, Variables, Name>,
    options?: VariableOptions<Row, Variables, Name>,
  ): PatternSequence<Row, WithVariable<Variables, Name, null>>;
  /** One row or more. */
  oneOrMore<const Name extends string>(
    name: Name & NewVariable<Name, Variables>,
    condition?: VariableCondition<Row, Variables, Name>,
    options?: VariableOptions<Row, Variables, Name>,
  ): PatternSequence<Row, WithVariable<Variables, Name, never>>;
  /** Any number of rows. */
  zeroOrMore<const Name extends string>(
    name: Name & NewVariable<Name, Variables>,
    condition?: VariableCondition<Row, Variables, Name>,
    options?: VariableOptions<Row, Variables, Name>,
  ): PatternSequence<Row, WithVariable<Variables, Name, null>>;
  /** So many rows, at least one. */
  times<const Name extends string>(
    name: Name & NewVariable<Name, Variables>,
    count: number,
    condition?: VariableCondition<Row, Variables, Name>,
    options?: VariableOptions<Row, Variables, Name>,
  ): PatternSequence<Row, WithVariable<Variables, Name, never>>;
  /** So many rows or more, at least one. */
  atLeast<const Name extends string>(
    name: Name & NewVariable<Name, Variables>,
    min: number,
    condition?: VariableCondition<Row, Variables, Name>,
    options?: VariableOptions<Row, Variables, Name>,
  ): PatternSequence<Row, WithVariable<Variables, Name, never>>;
  /** From `min` to `max` rows, both included. */
  between<const Name extends string, const Min extends number>(
    name: Name & NewVariable<Name, Variables>,
    min: Min,
    max: number,
    condition?: VariableCondition<Row, Variables, Name>,
    options?: VariableOptions<Row, Variables, Name>,
  ): PatternSequence<Row, WithVariable<Variables, Name, NullIfZero<Min>>>;
}

/** A whole sequence, of at least one variable. */
export interface WholeSequence<out Variables> {
  /** Only for inference; never present at run time. */
  readonly [sequenceBrand]: Variables;
}

/** A sequence of at least one variable, which more can be added to. */
export interface PatternSequence<Row, Variables>
  extends PatternSteps<Row, Variables>, WholeSequence<Variables> {
  /**
   * Ends the sequence: no row after the match may satisfy the condition until `within` has passed
   * since its first row. The match comes out then.
   */
  notFollowedBy(
    condition: (
      row: ExpressionRow<Row>,
      match: MatchOf<Row, Variables>,
    ) => BooleanExpression<boolean | null>,
  ): WholeSequence<Variables>;
}

/** Names of the variables that have a row in every match. */
export type PresentVariable<Variables> = {
  [Name in keyof Variables]: [Variables[Name]] extends [never] ? Name : never;
}[keyof Variables] &
  string;

/**
 * Where the search goes on after a match: after its last row, at the row after its first one, or at
 * the first or last row of a variable that has a row in every match.
 */
export type SkipAfterMatch<Name extends string> =
  | "past-last-row"
  | "to-next-row"
  | { readonly toFirst: Name }
  | { readonly toLast: Name };

/** What is wrong with the variable that the search goes on at; nothing where there is one. */
export type CheckedSkip<Name, Variables> = [Name] extends [PresentVariable<Variables>]
  ? unknown
  : StreamTypeError<`a match may have no row of ${Name & string}: the search cannot go on there`>;

/** Options of `pattern`. */
export interface PatternOptions<Row, Keys extends string, Variables, Columns, Name extends string> {
  /** The rows of a match in their order. Write it before `select`, whose types depend on it. */
  readonly sequence: (
    // oxlint-disable-next-line typescript/no-empty-object-type -- there are no variables yet
    pattern: PatternSteps<Row, {}>,
  ) => WholeSequence<Variables> & CheckedSkip<Name, Variables>;
  /** The last row of a match is at most so much later than its first. It bounds the state. */
  readonly within: Duration;
  /** By default `past-last-row`. */
  readonly skip?: SkipAfterMatch<Name>;
  /** Columns of the result beside the keys. */
  readonly select: (
    match: NoInfer<MatchOf<Row, Variables>>,
  ) => Columns & CheckedColumns<Columns, Keys>;
}

/** The row of a match. */
export type PatternRow<Row, Keys extends PropertyKey, Columns> = Flat<{
  [Name in Keys | keyof Columns]: Name extends keyof Columns
    ? ValueOfExpression<Columns[Name]>
    : Name extends keyof Row
      ? Row[Name]
      : never;
}>;
