import type { Instant, SinkDescriptor } from "@millrace/core";
import type { AggregateExpression, ValueOfAggregate } from "../aggregate/aggregate-types.ts";
import type { ColumnExpression, ValueOfExpression } from "../expression/expression-types.ts";
import type { StreamTypeError } from "./stream-type-error.ts";

// Types of rows after a step. Each goes through `Flat`, so that editors show the columns and not
// the alias.

/** The same columns, shown one by one. */
export type Flat<Row> = { -readonly [Name in keyof Row]: Row[Name] } & {};

/** The row that a record of expressions makes. */
export type Selected<Columns> = Flat<{
  [Name in keyof Columns]: ValueOfExpression<Columns[Name]>;
}>;

/**
 * A column of the row with columns added or replaced.
 *
 * The row itself is written out where it is used, for one level of types less per step: the
 * compiler allows about a hundred levels, and so as many `withColumns` in one chain.
 */
export type ExtendedColumn<Row, Columns, Name> = Name extends keyof Columns
  ? ValueOfExpression<Columns[Name]>
  : Name extends keyof Row
    ? Row[Name]
    : never;

/** The row with only some columns. */
export type Picked<Row, Names extends keyof Row> = Flat<{ [Name in Names]: Row[Name] }>;

/** The row without some columns. */
export type Dropped<Row, Names extends PropertyKey> = Flat<{
  [Name in keyof Row as Name extends Names ? never : Name]: Row[Name];
}>;

/** The row with columns under other names. */
export type Renamed<Row, Names> = Flat<{
  [Name in keyof Row as Name extends keyof Names ? Names[Name] & PropertyKey : Name]: Row[Name];
}>;

/** Columns of a window aggregation beside keys and aggregates. */
export type WindowColumn = "windowStart" | "windowEnd";

/** The row of a window aggregation. */
export type AggregatedRow<Row, Keys extends PropertyKey, Columns> = Flat<{
  [Name in Keys | WindowColumn | keyof Columns]: Name extends keyof Columns
    ? ValueOfAggregate<Columns[Name]>
    : Name extends Keys & keyof Row
      ? Row[Name]
      : Instant;
}>;

/** The row with aggregates over the rows before it. */
export type OverRow<Row, Columns> = Flat<{
  [Name in keyof Row | keyof Columns]: Name extends keyof Columns
    ? ValueOfAggregate<Columns[Name]>
    : Name extends keyof Row
      ? Row[Name]
      : never;
}>;

/** The row of a running aggregation. */
export type GroupRow<Row, Keys extends PropertyKey, Columns> = Flat<{
  [Name in Keys | keyof Columns]: Name extends keyof Columns
    ? ValueOfAggregate<Columns[Name]>
    : Name extends keyof Row
      ? Row[Name]
      : never;
}>;

/** What is wrong with an aggregate that `over` adds; the aggregate itself where nothing is. */
export type CheckedOver<Columns, Taken extends PropertyKey> = {
  [Name in keyof Columns]: Name extends Taken
    ? StreamTypeError<`the row has a column ${Name & string} already; choose another name`>
    : Columns[Name] extends AggregateExpression<unknown>
      ? Columns[Name]
      : StreamTypeError<`${Name & string} must be an aggregate, such as count() or mean(row.x)`>;
};

/** The row with the number that a rank gave it. */
export type RankedRow<Row, Rank extends PropertyKey> = Flat<{
  [Name in keyof Row | Rank]: Name extends keyof Row ? Row[Name] : number;
}>;

/** What a change does to its row. */
export type Change = "insert" | "delete";

/** The row of a change. */
export type ChangedRow<Row> = Flat<{
  [Name in keyof Row | "change"]: Name extends keyof Row ? Row[Name] : Change;
}>;

/** What is wrong with a column of an aggregation; the column itself where nothing is. */
export type CheckedAggregates<Columns, Taken extends PropertyKey> = {
  [Name in keyof Columns]: Name extends Taken
    ? StreamTypeError<`the column ${Name & string} is taken: it is a key, windowStart or windowEnd`>
    : Columns[Name] extends AggregateExpression<unknown>
      ? Columns[Name]
      : Columns[Name] extends ColumnExpression<unknown>
        ? StreamTypeError<`${Name & string} must be an aggregate: a group has many values`>
        : StreamTypeError<`${Name & string} must be an aggregate, such as count() or mean(row.x)`>;
};

/** What is wrong with an added column; the column itself where nothing is. */
export type CheckedColumns<Columns, Keys extends PropertyKey> = {
  [Name in keyof Columns]: Name extends Keys
    ? StreamTypeError<`${Name & string} is a key and cannot be replaced; choose another name`>
    : Columns[Name] extends ColumnExpression<unknown>
      ? Columns[Name]
      : StreamTypeError<`${Name & string} must be an expression, such as row.x.plus(1)`>;
};

/** What is wrong with names to drop or rename. */
export type NotKey<Names, Keys> = Names extends Keys
  ? StreamTypeError<`${Names & string} is a key and must stay; select without it, or key anew`>
  : Names;

/** How serious a detection is. */
export type Severity = "none" | "minor" | "major" | "critical";

/** Columns that `detect` adds. Null: not known, as the model warms up or the value is missing. */
export interface Detection {
  score: number | null;
  pValue: number | null;
  threshold: number | null;
  severity: Severity;
  expected: number | null;
  lower: number | null;
  upper: number | null;
  isAnomaly: boolean;
  reasons: readonly string[];
}

/** The row with the columns of a detection. */
export type Detected<Row> = Flat<{
  [Name in keyof Row | keyof Detection]: Name extends keyof Detection
    ? Detection[Name]
    : Name extends keyof Row
      ? Row[Name]
      : never;
}>;

/** Which rows without a partner a join gives: none, the left ones, the right ones, or both. */
export type JoinKindName = "inner" | "left" | "right" | "full";

/** The left row as a join sees it: in a right or full join it may be missing. */
export type JoinedLeft<Row, Kind> = Kind extends "right" | "full"
  ? { [Name in keyof Row]: Row[Name] | null }
  : Row;

/** The right row as a join sees it: in a left or full join it may be missing. */
export type JoinedRight<Row, Kind> = Kind extends "left" | "full"
  ? { [Name in keyof Row]: Row[Name] | null }
  : Row;

/** The row of a window join. */
export type WindowJoinedRow<Columns> = Flat<{
  [Name in WindowColumn | keyof Columns]: Name extends keyof Columns
    ? ValueOfExpression<Columns[Name]>
    : Instant;
}>;

/** What is wrong with the keys of a join's right side; nothing where their types are the left's. */
export type SameKeys<Left, Right, Keys extends PropertyKey> = [
  { [Key in Keys & keyof Left]: NonNullable<Left[Key]> },
] extends [{ [Key in Keys & keyof Right]: NonNullable<Right[Key]> }]
  ? unknown
  : StreamTypeError<"the keys of both sides must have the same types">;

/**
 * A sink that takes any row, or rows with the columns of the stream and types that hold theirs;
 * else what is wrong with it.
 */
export type SinkFor<Row, Accepted extends object> = object extends Accepted
  ? SinkDescriptor<Accepted>
  : [keyof Row, keyof Accepted, Row] extends [keyof Accepted, keyof Row, Accepted]
    ? SinkDescriptor<Accepted>
    : UnfitSink<Without<Row, Accepted>, Without<Accepted, Row>, Unfit<Row, Accepted, keyof Row>>;

type UnfitSink<Extra extends string, Missing extends string, Unfitting extends string> = [
  Missing,
] extends [never]
  ? [Extra] extends [never]
    ? StreamTypeError<`the column ${Unfitting} has another type in the sink's row type`>
    : StreamTypeError<`the sink's row type has no column ${Extra}: select without it`>
  : StreamTypeError<`the stream has no column ${Missing}, which the sink takes`>;

type Without<Row, Other> = Exclude<keyof Row, keyof Other> & string;

/** Distributed over the names: a mapped type costs the compiler five times as much. */
type Unfit<Row, Accepted, Name> = Name extends keyof Row & keyof Accepted & string
  ? Row[Name] extends Accepted[Name]
    ? never
    : Name
  : never;

/** Names of the columns that hold numbers. */
export type NumericColumn<Row> = {
  [Name in keyof Row]: number extends Exclude<Row[Name], null> ? Name : never;
}[keyof Row] &
  string;

interface LevelNames {
  0.5: "50";
  0.8: "80";
  0.9: "90";
  0.95: "95";
  0.99: "99";
}

/** Levels of central intervals. */
export type ForecastLevel = keyof LevelNames;

/** The row of a forecast. */
export type ForecastRow<Row, Keys extends PropertyKey, Level extends ForecastLevel> = Flat<{
  [
    Name in
      | Keys
      | "issuedAt"
      | WindowColumn
      | "step"
      | "mean"
      | `lower${LevelNames[Level]}`
      | `upper${LevelNames[Level]}`
  ]: Name extends Keys & keyof Row
    ? Row[Name]
    : Name extends "issuedAt" | WindowColumn
      ? Instant
      : number;
}>;

/** A key that is looked up: never null, as nothing is found for a null. */
export type LookupKey<Columns> = Flat<{
  [Name in keyof Columns]: NonNullable<ValueOfExpression<Columns[Name]>>;
}>;

/** The row with what a lookup has found. */
export type LookedUpRow<Row, Found, Kind> = Flat<{
  [Name in keyof Row | keyof Found]: Name extends keyof Row
    ? Row[Name]
    : Name extends keyof Found
      ? Kind extends "left"
        ? Found[Name] | null
        : Found[Name]
      : never;
}>;

/** What is wrong with the columns that a lookup adds; nothing where the row has none of them. */
export type NewColumns<Row, Found> = [keyof Row & keyof Found] extends [never]
  ? unknown
  : StreamTypeError<`the row has a column ${keyof Row & keyof Found & string} already; rename one`>;
