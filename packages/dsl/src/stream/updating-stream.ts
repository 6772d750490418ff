import type { Guarantee, UpdatingSinkDescriptor } from "@millrace/core";
import type { ExpressionRow, RowPredicate } from "../expression/expression-types.ts";
import type {
  ChangedRow,
  CheckedAggregates,
  CheckedColumns,
  Dropped,
  ExtendedColumn,
  GroupRow,
  JoinKindName,
  NotKey,
  Picked,
  RankedRow,
  Renamed,
  SameKeys,
  Selected,
} from "./row-types.ts";
import type { JoinOptions } from "./join-options.ts";
import type { PipelineSink } from "./sink-step.ts";
import type { AnyStream, KeyedStream, SampleOptions, Stream } from "./stream.ts";
import type { StreamTypeError } from "./stream-type-error.ts";
import type { RankOptions, RunningAggregateOptions, TopNOptions } from "./updating-options.ts";

declare const updatingBrand: unique symbol;

/**
 * A stream whose rows may be replaced or taken back later, keyed or not: running aggregates, ranks,
 * outer joins.
 *
 * Each row travels with a weight: +1 brings it, −1 takes it back. Steps that need rows that stay
 * (windows, models, plain functions) are not there; a sink must know how to replace a row.
 */
export interface AnyUpdatingStream<in out Row extends object> {
  /** Only for inference; never present at run time. */
  readonly [updatingBrand]: (row: Row) => Row;
  /** All rows of this stream and of others with the same columns, updating or not. */
  union(...others: readonly (AnyUpdatingStream<Row> | AnyStream<Row>)[]): UpdatingStream<Row>;
  /**
   * The changes themselves as rows that stay, with a column `change`: `insert` or `delete`. They
   * have no event time. For stores that only append.
   */
  readonly changes: "change" extends keyof Row
    ? StreamTypeError<"the column change is taken: rename it before changes">
    : () => Stream<ChangedRow<Row>>;
  /** Groups rows by computed columns, which are added to the row. */
  keyBy<const Columns extends Readonly<Record<string, unknown>>>(
    keys: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
  ): KeyedUpdatingStream<
    { [Name in keyof Row | keyof Columns]: ExtendedColumn<Row, Columns, Name> },
    keyof Columns & string
  >;
  /** Groups rows by columns. Null is a key of its own. */
  keyBy<Names extends keyof Row & string>(
    ...columns: readonly Names[]
  ): KeyedUpdatingStream<Row, Names>;
  /**
   * Writes the rows to a store that can replace and delete them.
   *
   * @param id stable: it names the sink's progress. Changing it writes everything anew
   * @param sink one with a key, such as `duckdb({ table: "totals", key: ["origin"] })`
   * @param options `guarantee`: what is demanded; a sink that gives less is refused
   */
  sink(
    id: string,
    sink: UpdatingSinkDescriptor<Row>,
    options?: { guarantee?: Guarantee },
  ): PipelineSink<Row>;
  readonly window: StreamTypeError<"window needs rows that stay: this stream is updating">;
  readonly detect: StreamTypeError<"detect needs rows that stay: this stream is updating">;
  readonly forecast: StreamTypeError<"forecast needs rows that stay: this stream is updating">;
  readonly deduplicate: StreamTypeError<"deduplicate needs rows that stay: this stream is updating">;
  readonly resample: StreamTypeError<"resample needs rows that stay: this stream is updating">;
  readonly gapFill: StreamTypeError<"gapFill needs rows that stay: this stream is updating">;
  readonly interpolate: StreamTypeError<"interpolate needs rows that stay: this stream is updating">;
  readonly intervalJoin: StreamTypeError<"intervalJoin needs rows that stay: this stream is updating">;
  readonly windowJoin: StreamTypeError<"windowJoin needs rows that stay: this stream is updating">;
  readonly asOfJoin: StreamTypeError<"asOfJoin needs rows that stay: this stream is updating">;
  readonly lookupTable: StreamTypeError<"lookupTable needs rows that stay: this stream is updating">;
  readonly pattern: StreamTypeError<"pattern needs rows that stay: this stream is updating">;
  readonly process: StreamTypeError<"process needs rows that stay: this stream is updating">;
  readonly map: StreamTypeError<"map needs rows that stay: this stream is updating">;
  readonly lookup: StreamTypeError<"lookup needs rows that stay: this stream is updating">;
  readonly lookupMany: StreamTypeError<"lookupMany needs rows that stay: this stream is updating">;
  readonly mapAsync: StreamTypeError<"mapAsync needs rows that stay: this stream is updating">;
  readonly mapBatchesAsync: StreamTypeError<"mapBatchesAsync needs rows that stay: this stream is updating">;
  readonly flatMap: StreamTypeError<"flatMap needs rows that stay: this stream is updating">;
  readonly filter: StreamTypeError<"filter needs rows that stay: this stream is updating">;
}

/** An updating stream of rows. */
export interface UpdatingStream<in out Row extends object> extends AnyUpdatingStream<Row> {
  /** Keeps the rows for which a condition is true; null is false. Vectorised. */
  where(condition: RowPredicate<Row>): UpdatingStream<Row>;
  /** Only what the callback returns. Vectorised. */
  select<const Columns extends Readonly<Record<string, unknown>>>(
    columns: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
  ): UpdatingStream<Selected<Columns>>;
  /** Only these columns. */
  select<Names extends keyof Row & string>(
    ...columns: readonly Names[]
  ): UpdatingStream<Picked<Row, Names>>;
  /** Adds columns, or replaces those of the same name. Vectorised. */
  withColumns<const Columns extends Readonly<Record<string, unknown>>>(
    columns: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
  ): UpdatingStream<{ [Name in keyof Row | keyof Columns]: ExtendedColumn<Row, Columns, Name> }>;
  /** All columns but these. */
  drop<Names extends keyof Row & string>(
    ...columns: readonly Names[]
  ): UpdatingStream<Dropped<Row, Names>>;
  /** Gives columns other names: `rename({ old: "new" })`. */
  rename<const Names extends { readonly [Name in keyof Row]?: string }>(
    names: Names,
  ): UpdatingStream<Renamed<Row, Names>>;
  /** As on a stream of rows that stay: a row and its retraction share their fate. Vectorised. */
  sample(fraction: number, options?: SampleOptions<Row>): UpdatingStream<Row>;
  readonly aggregate: StreamTypeError<"keyBy must come before aggregate">;
  readonly topN: StreamTypeError<"keyBy must come before topN">;
  readonly rank: StreamTypeError<"keyBy must come before rank">;
}

/** An updating stream whose rows are grouped by columns, which stay in the row. */
export interface KeyedUpdatingStream<
  in out Row extends object,
  in out Keys extends string,
> extends AnyUpdatingStream<Row> {
  /** Keeps the rows for which a condition is true; null is false. Vectorised. */
  where(condition: RowPredicate<Row>): KeyedUpdatingStream<Row, Keys>;
  /** Adds columns, or replaces those of the same name that are no keys. Vectorised. */
  withColumns<const Columns extends Readonly<Record<string, unknown>>>(
    columns: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, Keys>,
  ): KeyedUpdatingStream<
    { [Name in keyof Row | keyof Columns]: ExtendedColumn<Row, Columns, Name> },
    Keys
  >;
  /** All columns but these, which are no keys. */
  drop<Names extends keyof Row & string>(
    ...columns: readonly (Names & NotKey<Names, Keys>)[]
  ): KeyedUpdatingStream<Dropped<Row, Names>, Keys>;
  /** Gives columns that are no keys other names: `rename({ old: "new" })`. */
  rename<const Names extends { readonly [Name in keyof Row]?: string }>(
    names: Names & { readonly [Name in keyof Names & Keys]: NotKey<Name, Keys> },
  ): KeyedUpdatingStream<Renamed<Row, Names>, Keys>;
  /** Only what the callback returns. Keyed still if all keys are in it, unchanged. Vectorised. */
  select<const Columns extends Readonly<Record<string, unknown>>>(
    columns: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
  ): RekeyedUpdating<Selected<Columns>, Keys, keyof Columns>;
  /** Only these columns. Keyed still if all keys are among them. */
  select<Names extends keyof Row & string>(
    ...columns: readonly Names[]
  ): RekeyedUpdating<Picked<Row, Names>, Keys, Names>;
  /** As on a stream of rows that stay: a row and its retraction share their fate. Vectorised. */
  sample(fraction: number, options?: SampleOptions<Row>): KeyedUpdatingStream<Row, Keys>;
  /**
   * Aggregates the rows of each key that stand: one row per key, which is replaced as they change.
   *
   * What is taken back is taken out of the aggregates; `min`, `max`, `first` and `last` keep the
   * values of each key for that.
   *
   * @param id stable: it names the state, at most 20 million keys in a task
   */
  aggregate<const Columns extends Readonly<Record<string, unknown>>>(
    id: string,
    columns: (row: ExpressionRow<Row>) => Columns & CheckedAggregates<Columns, Keys>,
    options?: Omit<RunningAggregateOptions, "forgetAfter">,
  ): KeyedUpdatingStream<GroupRow<Row, Keys, Columns>, Keys>;
  /**
   * Keeps the first `n` rows of each key in an order. Rows that the order leaves equal go by their
   * columns.
   *
   * @param id stable: it names the state: every row that stands, as each may come up
   */
  topN<const Rank extends string = never>(
    id: string,
    options: TopNOptions<Row, Keys, Rank, "each-batch">,
  ): KeyedUpdatingStream<RankedRow<Row, Rank>, Keys>;
  /**
   * Numbers the rows of each key in an order, as far as to `max`.
   *
   * @param id stable: it names the state: every row that stands
   */
  rank<const Rank extends string = "rank">(
    id: string,
    options: RankOptions<Row, Keys, Rank, "each-batch">,
  ): KeyedUpdatingStream<RankedRow<Row, Rank>, Keys>;
  /** Pairs each row with the rows of `right` that have the same keys: `KeyedStream.join`. */
  join<
    Right extends object,
    const Columns extends Readonly<Record<string, unknown>>,
    Kind extends JoinKindName = "inner",
  >(
    id: string,
    right:
      | (KeyedStream<Right, Keys> & SameKeys<Row, Right, Keys>)
      | (KeyedUpdatingStream<Right, Keys> & SameKeys<Row, Right, Keys>),
    options: JoinOptions<Row, Right, Kind, Columns>,
  ): RekeyedUpdating<Selected<Columns>, Keys, keyof Columns>;
}

/** Keyed as before where all keys are still there. */
export type RekeyedUpdating<Row extends object, Keys extends string, Names> = [Keys] extends [Names]
  ? KeyedUpdatingStream<Row, Keys>
  : UpdatingStream<Row>;
