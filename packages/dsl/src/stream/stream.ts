import type { Duration, Guarantee, ModelDescriptor, RowType } from "@millrace/core";
import type { GridUpTo, WindowSpec } from "@millrace/plan";
import type {
  ExpressionRow,
  PointInTime,
  RowPredicate,
  TimestampExpression,
} from "../expression/expression-types.ts";
import type {
  AsyncBatchOptions,
  AsyncCallContext,
  AsyncOptions,
  LookupManyOptions,
  LookupOptions,
} from "./async-types.ts";
import type { FunctionOptions } from "./function-options.ts";
import type { PatternOptions, PatternRow } from "./pattern-types.ts";
import type { ProcessOptions, StateTypes } from "./process-types.ts";
import type {
  AggregatedRow,
  CheckedAggregates,
  CheckedColumns,
  CheckedOver,
  Detected,
  Dropped,
  ExtendedColumn,
  ForecastLevel,
  ForecastRow,
  GroupRow,
  JoinKindName,
  LookedUpRow,
  LookupKey,
  NewColumns,
  NotKey,
  NumericColumn,
  OverRow,
  Picked,
  RankedRow,
  Renamed,
  SameKeys,
  Selected,
  SinkFor,
  WindowColumn,
  WindowJoinedRow,
} from "./row-types.ts";
import type {
  GapFilledRow,
  GapFillOptions,
  InterpolateMethod,
  InterpolateOptions,
  ResampledRow,
  ResampleOptions,
  TimeColumn,
} from "./grid-options.ts";
import type { FrameOptions } from "./over.ts";
import type {
  AsOfJoinOptions,
  IntervalJoinOptions,
  JoinOptions,
  LookupTableOptions,
  WindowJoinOptions,
} from "./join-options.ts";
import type { StreamTypeError } from "./stream-type-error.ts";
import type {
  EmitRows,
  RankOptions,
  RunningAggregateOptions,
  TopNOptions,
} from "./updating-options.ts";
import type { PipelineSink } from "./sink-step.ts";
import type { KeyedUpdatingStream, RekeyedUpdating } from "./updating-stream.ts";
import type { UpdatingEmit } from "./window-emit.ts";

declare const rowBrand: unique symbol;

/** A condition of a branch of `split`, or `"rest"` for the rows that no other branch takes. */
export type Branch<Row> = RowPredicate<Row> | "rest";

/**
 * Any stream of such rows, keyed or not. Each step gives a new stream; the old one may be read
 * again.
 */
export interface AnyStream<in out Row extends object> {
  /** Only for inference; never present at run time. */
  readonly [rowBrand]: (row: Row) => Row;
  /** Applies a plain function to each row, giving rows of `type`. Row by row, not vectorised. */
  map<Out extends object>(
    type: RowType<Out>,
    change: (row: Row) => Out,
    options?: FunctionOptions,
  ): Stream<Out>;
  /** Applies a plain function to each row, giving any number of rows of `type`. Not vectorised. */
  flatMap<Out extends object>(
    type: RowType<Out>,
    change: (row: Row) => Iterable<Out>,
    options?: FunctionOptions,
  ): Stream<Out>;
  /**
   * Applies an async function to each row, giving a row of `type`; several calls go on at once. Row
   * by row, not vectorised.
   *
   * The function is called at least once for each row: for rows whose results were not committed
   * when a run ended, the next one calls it again. Results are written exactly once.
   */
  mapAsync<Out extends object>(
    type: RowType<Out>,
    change: (row: Row, call: AsyncCallContext) => PromiseLike<Out>,
    options?: AsyncOptions,
  ): Stream<Out>;
  /**
   * As `mapAsync` with a call for several rows, such as one request: the result holds a row for
   * each, in their order.
   */
  mapBatchesAsync<Out extends object>(
    type: RowType<Out>,
    change: (rows: readonly Row[], call: AsyncCallContext) => PromiseLike<readonly Out[]>,
    options: AsyncBatchOptions,
  ): Stream<Out>;
  /** All rows of this stream and of others with the same columns; no order between them is kept. */
  union(...others: readonly AnyStream<Row>[]): Stream<Row>;
  /** Groups rows by computed columns, which are added to the row. */
  keyBy<const Columns extends Readonly<Record<string, unknown>>>(
    keys: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
  ): KeyedStream<
    { [Name in keyof Row | keyof Columns]: ExtendedColumn<Row, Columns, Name> },
    keyof Columns & string
  >;
  /** Groups rows by columns. Null is a key of its own. */
  keyBy<Names extends keyof Row & string>(...columns: readonly Names[]): KeyedStream<Row, Names>;
  /**
   * Writes the rows to a store or topic. A topic takes rows of exactly its row type's columns.
   *
   * @param id stable: it names the sink's progress. Changing it writes everything anew
   * @param options `guarantee`: what is demanded; a sink that gives less is refused
   */
  sink<Accepted extends object>(
    id: string,
    sink: SinkFor<Row, Accepted>,
    options?: { guarantee?: Guarantee },
  ): PipelineSink<Row>;
}

/** A stream of rows. `Row` is what plain functions see. */
export interface Stream<in out Row extends object> extends AnyStream<Row> {
  /**
   * Pairs each row with the rows of a table that it looks up. The table is keyed and must end: a
   * file, or a source that is read once. Every task reads all of it before the first row.
   *
   * Rows stay in their tasks, and keep their event time. State: the table, at most
   * `limits.joinRowsMax` rows, in each task.
   *
   * @param id stable: it names the state
   */
  lookupTable<
    Table extends object,
    TableKeys extends string,
    const Columns extends Readonly<Record<string, unknown>>,
    Kind extends "inner" | "left" = "inner",
  >(
    id: string,
    table: KeyedStream<Table, TableKeys>,
    options: LookupTableOptions<Row, Table, TableKeys, Kind, Columns>,
  ): Stream<Selected<Columns>>;
  /**
   * Adds to each row what an async function finds for a key: a row of `type`, or null. Rows that
   * ask for the same key at the same time share a call. Row by row, not vectorised.
   *
   * A key with a null finds nothing, without a call. What is found may have changed when rows are
   * read again after a restart; results are written exactly once.
   *
   * @param by the key: `(row) => ({ id: row.user })`
   */
  lookup<
    const Columns extends Readonly<Record<string, unknown>>,
    Found extends object,
    Kind extends "inner" | "left" = "inner",
  >(
    type: RowType<Found> & NewColumns<Row, Found>,
    by: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
    fetch: (
      key: LookupKey<Columns>,
      call: AsyncCallContext,
    ) => PromiseLike<Found | null | undefined>,
    options?: LookupOptions<Kind>,
  ): Stream<LookedUpRow<Row, Found, Kind>>;
  /**
   * As `lookup` with a call for several keys: the result holds a row or null for each, in order.
   */
  lookupMany<
    const Columns extends Readonly<Record<string, unknown>>,
    Found extends object,
    Kind extends "inner" | "left" = "inner",
  >(
    type: RowType<Found> & NewColumns<Row, Found>,
    by: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
    fetch: (
      keys: readonly LookupKey<Columns>[],
      call: AsyncCallContext,
    ) => PromiseLike<readonly (Found | null | undefined)[]>,
    options: LookupManyOptions<Kind>,
  ): Stream<LookedUpRow<Row, Found, Kind>>;
  /** Keeps the rows for which a condition is true; null is false. Vectorised. */
  where(condition: RowPredicate<Row>): Stream<Row>;
  /** Keeps the rows for which a plain function gives true. Row by row, not vectorised. */
  filter(test: (row: Row) => boolean, options?: FunctionOptions): Stream<Row>;
  /** Only what the callback returns. Vectorised. */
  select<const Columns extends Readonly<Record<string, unknown>>>(
    columns: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
  ): Stream<Selected<Columns>>;
  /** Only these columns. */
  select<Names extends keyof Row & string>(
    ...columns: readonly Names[]
  ): Stream<Picked<Row, Names>>;
  /** Adds columns, or replaces those of the same name. Vectorised. */
  withColumns<const Columns extends Readonly<Record<string, unknown>>>(
    columns: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
  ): Stream<{ [Name in keyof Row | keyof Columns]: ExtendedColumn<Row, Columns, Name> }>;
  /** All columns but these. */
  drop<Names extends keyof Row & string>(...columns: readonly Names[]): Stream<Dropped<Row, Names>>;
  /** Gives columns other names: `rename({ old: "new" })`. */
  rename<const Names extends { readonly [Name in keyof Row]?: string }>(
    names: Names,
  ): Stream<Renamed<Row, Names>>;
  /**
   * Keeps about this share of the rows: those whose hash is below it. Vectorised.
   *
   * Which rows is decided by their values: a restart, or another number of partitions, keeps the
   * same ones, and equal rows share their fate.
   *
   * @param fraction from 0 to 1
   * @param options `by`: columns whose values decide, all by default; `by: ["user"]` keeps all rows
   *   of a user or none. `seed`: another whole number chooses other rows; 0 by default
   */
  sample(fraction: number, options?: SampleOptions<Row>): Stream<Row>;
  /**
   * Gives rows another event time, for the steps that follow.
   *
   * @param options `outOfOrderness`: how far the new time may be before the one the row had. A row
   *   further back is late: it is counted and goes no further. What follows waits as long for its
   *   watermark
   */
  withEventTime(
    time: (row: ExpressionRow<Row>) => TimestampExpression<PointInTime>,
    options: { outOfOrderness: Duration },
  ): Stream<Row>;
  /** A stream for each condition. A row goes to every branch whose condition is true. */
  split<Names extends string>(
    branches: Readonly<Record<Names, Branch<Row>>>,
  ): { readonly [Name in Names]: Stream<Row> };
  readonly window: StreamTypeError<"keyBy must come before window">;
  readonly aggregate: StreamTypeError<"keyBy must come before aggregate; for one result over all rows key by a constant: keyBy(() => ({ all: literal(0) }))">;
  readonly topN: StreamTypeError<"keyBy must come before topN">;
  readonly rank: StreamTypeError<"keyBy must come before rank">;
  readonly over: StreamTypeError<"keyBy must come before over">;
  readonly resample: StreamTypeError<"keyBy must come before resample; for one series of all rows key by a constant: keyBy(() => ({ all: literal(0) }))">;
  readonly gapFill: StreamTypeError<"keyBy must come before gapFill; for one series of all rows key by a constant: keyBy(() => ({ all: literal(0) }))">;
  readonly interpolate: StreamTypeError<"keyBy must come before interpolate; for one series of all rows key by a constant: keyBy(() => ({ all: literal(0) }))">;
  readonly deduplicate: StreamTypeError<"keyBy must come before deduplicate">;
  readonly join: StreamTypeError<"keyBy must come before join">;
  readonly intervalJoin: StreamTypeError<"keyBy must come before intervalJoin">;
  readonly windowJoin: StreamTypeError<"keyBy must come before windowJoin">;
  readonly asOfJoin: StreamTypeError<"keyBy must come before asOfJoin">;
  readonly pattern: StreamTypeError<"keyBy must come before pattern">;
  readonly process: StreamTypeError<"keyBy must come before process">;
  readonly detect: StreamTypeError<"keyBy must come before detect">;
  readonly forecast: StreamTypeError<"keyBy must come before forecast">;
}

/** Options of `sample`. */
export interface SampleOptions<Row> {
  readonly by?: readonly (keyof Row & string)[];
  readonly seed?: number;
}

/** Options of `detect`. */
export interface DetectOptions<Row> {
  /** A column that holds numbers. */
  readonly value: NumericColumn<Row>;
  readonly detector: ModelDescriptor<"detector">;
}

/** Options of `forecast`. */
export interface ForecastOptions<Row, Level extends ForecastLevel> {
  /** A column that holds numbers. */
  readonly value: NumericColumn<Row>;
  readonly model: ModelDescriptor<"forecaster">;
  /** How far ahead: a whole number of steps. */
  readonly horizon: Duration;
  /** How often, in event time, a forecast is issued; by default once per horizon. */
  readonly every?: Duration;
  /** Time between points; by default the size (or slide) of the window above. */
  readonly step?: Duration;
  /** Central intervals; by default 0.8 and 0.95. */
  readonly levels?: readonly Level[];
}

/** A stream whose rows are grouped by columns. `Keys` are the columns, which stay in the row. */
export interface KeyedStream<
  in out Row extends object,
  in out Keys extends string,
> extends AnyStream<Row> {
  /**
   * Adds to each row what an async function finds for a key: a row of `type`, or null. Rows that
   * ask for the same key at the same time share a call. Row by row, not vectorised.
   *
   * A key with a null finds nothing, without a call. What is found may have changed when rows are
   * read again after a restart; results are written exactly once.
   *
   * @param by the key: `(row) => ({ id: row.user })`
   */
  lookup<
    const Columns extends Readonly<Record<string, unknown>>,
    Found extends object,
    Kind extends "inner" | "left" = "inner",
  >(
    type: RowType<Found> & NewColumns<Row, Found>,
    by: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
    fetch: (
      key: LookupKey<Columns>,
      call: AsyncCallContext,
    ) => PromiseLike<Found | null | undefined>,
    options?: LookupOptions<Kind>,
  ): KeyedStream<LookedUpRow<Row, Found, Kind>, Keys>;
  /**
   * As `lookup` with a call for several keys: the result holds a row or null for each, in order.
   */
  lookupMany<
    const Columns extends Readonly<Record<string, unknown>>,
    Found extends object,
    Kind extends "inner" | "left" = "inner",
  >(
    type: RowType<Found> & NewColumns<Row, Found>,
    by: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
    fetch: (
      keys: readonly LookupKey<Columns>[],
      call: AsyncCallContext,
    ) => PromiseLike<readonly (Found | null | undefined)[]>,
    options: LookupManyOptions<Kind>,
  ): KeyedStream<LookedUpRow<Row, Found, Kind>, Keys>;
  /** Keeps the rows for which a condition is true; null is false. Vectorised. */
  where(condition: RowPredicate<Row>): KeyedStream<Row, Keys>;
  /** Keeps the rows for which a plain function gives true. Row by row, not vectorised. */
  filter(test: (row: Row) => boolean, options?: FunctionOptions): KeyedStream<Row, Keys>;
  /** Only what the callback returns. Keyed still if all keys are in it, unchanged. Vectorised. */
  select<const Columns extends Readonly<Record<string, unknown>>>(
    columns: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, never>,
  ): Rekeyed<Selected<Columns>, Keys, keyof Columns>;
  /** Only these columns. Keyed still if all keys are among them. */
  select<Names extends keyof Row & string>(
    ...columns: readonly Names[]
  ): Rekeyed<Picked<Row, Names>, Keys, Names>;
  /** Adds columns, or replaces those of the same name that are no keys. Vectorised. */
  withColumns<const Columns extends Readonly<Record<string, unknown>>>(
    columns: (row: ExpressionRow<Row>) => Columns & CheckedColumns<Columns, Keys>,
  ): KeyedStream<{ [Name in keyof Row | keyof Columns]: ExtendedColumn<Row, Columns, Name> }, Keys>;
  /** All columns but these, which are no keys. */
  drop<Names extends keyof Row & string>(
    ...columns: readonly (Names & NotKey<Names, Keys>)[]
  ): KeyedStream<Dropped<Row, Names>, Keys>;
  /** Gives columns that are no keys other names: `rename({ old: "new" })`. */
  rename<const Names extends { readonly [Name in keyof Row]?: string }>(
    names: Names & { readonly [Name in keyof Names & Keys]: NotKey<Name, Keys> },
  ): KeyedStream<Renamed<Row, Names>, Keys>;
  /**
   * Keeps about this share of the rows: those whose hash is below it. Vectorised.
   *
   * Which rows is decided by their values: a restart, or another number of partitions, keeps the
   * same ones, and equal rows share their fate.
   *
   * @param fraction from 0 to 1
   * @param options `by`: columns whose values decide, all by default; `by: ["user"]` keeps all rows
   *   of a user or none. `seed`: another whole number chooses other rows; 0 by default
   */
  sample(fraction: number, options?: SampleOptions<Row>): KeyedStream<Row, Keys>;
  /**
   * Gives rows another event time, for the steps that follow.
   *
   * @param options `outOfOrderness`: how far the new time may be before the one the row had. A row
   *   further back is late: it is counted and goes no further. What follows waits as long for its
   *   watermark
   */
  withEventTime(
    time: (row: ExpressionRow<Row>) => TimestampExpression<PointInTime>,
    options: { outOfOrderness: Duration },
  ): KeyedStream<Row, Keys>;
  /** A stream for each condition. A row goes to every branch whose condition is true. */
  split<Names extends string>(
    branches: Readonly<Record<Names, Branch<Row>>>,
  ): { readonly [Name in Names]: KeyedStream<Row, Keys> };
  /**
   * Groups the rows of each key by windows of event time.
   *
   * @param options `allowedLateness`: how long after its end a window waits for late records, by
   *   default not at all. `emit`: when it gives results. By default once, when it has waited
   *   (`on-close`); all others give an updating stream, whose last rows are the same: a first
   *   result at the window's end (`on-end`), with every batch (`on-change`), or whenever event time
   *   passes a multiple (`{ every: minutes(1) }`), and a changed one for late records
   */
  window(
    window: WindowSpec,
    options?: { allowedLateness?: Duration; emit?: "on-close" },
  ): WindowedStream<Row, Keys>;
  window(
    window: WindowSpec,
    options: { allowedLateness?: Duration; emit: UpdatingEmit },
  ): UpdatingWindowedStream<Row, Keys>;
  /**
   * Adds to each row aggregates over the rows of its key up to it: those of event time in `(time −
   * within, time]`, or the last `rows` in event order, the row among them.
   *
   * As SQL's `OVER (PARTITION BY … ORDER BY …)` with `RANGE` and `ROWS … PRECEDING`. A row comes
   * out when the watermark has passed it. Rows behind their source's watermark are late and only
   * counted. `distinct`, `quantile` and `approxDistinct` are not possible here.
   *
   * @param id stable: it names the state
   * @param frame `{ within: minutes(5) }` or `{ rows: 11 }`; rows of equal time go by its
   *   `tieBreak` columns, then by source, partition and offset
   */
  over<const Columns extends Readonly<Record<string, unknown>>>(
    id: string,
    frame: FrameOptions<NumericColumn<Row>>,
    columns: (row: ExpressionRow<Row>) => Columns & CheckedOver<Columns, keyof Row>,
  ): KeyedStream<OverRow<Row, Columns>, Keys>;
  /**
   * Gives for each key a row at each multiple of a time, from the key's first to its last row, with
   * values of the rows around: `{ kw: linear(row.kw), state: previous(row.state) }`.
   *
   * As `resample` of pandas. The row of a point has the keys, the point's time and the columns; its
   * event time is the point. Of rows of one time the last by source, partition and offset counts.
   * Rows behind their source's watermark are late and only counted. Gaps longer than `maxGap` have
   * no points, and are counted as `unfilled`.
   *
   * @param id stable: it names the state: one row per key
   */
  resample<
    const Columns extends Readonly<Record<string, unknown>>,
    const Time extends string = "time",
    UpTo extends GridUpTo = "last-row",
  >(
    id: string,
    options: ResampleOptions<Row, Keys, Time, UpTo, Columns>,
  ): KeyedStream<ResampledRow<Row, Keys, Time, Columns>, Keys>;
  /**
   * Adds the rows that are missing between the first and the last row of each key, so that there is
   * one for each window, or for each multiple of `every`.
   *
   * As `time_bucket_gapfill` of TimescaleDB. After a tumbling or hopping window the grid is the
   * window's. Elsewhere `every` and the column of the `time` say what it is: a row is inserted
   * where a key has none from a multiple of `every` up to the next one. Inserted rows have the
   * event time of their place. Gaps longer than `maxGap` are not filled, and are counted as
   * `unfilled`.
   *
   * @param id stable: it names the state: one row per key
   */
  gapFill<
    const Fills extends Readonly<Record<string, unknown>> = Record<never, never>,
    Time extends TimeColumn<Row> = never,
    UpTo extends GridUpTo = "last-row",
  >(
    id: string,
    options: GapFillOptions<Row, Keys, Time, UpTo, Fills>,
  ): KeyedStream<GapFilledRow<Row, Keys, Time, Fills>, Keys>;
  /**
   * Fills nulls of some columns from the known values of the key around them, where these are near
   * enough.
   *
   * As `interpolate("time")`, `ffill` and `bfill` of pandas. A row waits for the next known value
   * of its nulls, at most for `maxGap`; the rows of a key stay in event order.
   *
   * @param id stable: it names the state: rows that wait, and last known values
   */
  interpolate<
    Names extends Exclude<keyof Row, Keys> & string,
    const Method extends InterpolateMethod = "linear",
  >(
    id: string,
    options: InterpolateOptions<Row, Names, Method>,
  ): KeyedStream<Row, Keys>;
  /**
   * Keeps the first row of each key by event time, and drops the others until `within` has passed.
   *
   * A row at time `t` that is kept forgets its key at `t + within`: rows before are dropped, the
   * first at or after it is kept again. Dropped rows do not prolong this. Rows of equal time go by
   * source, partition and offset. A row comes out when the watermark has passed it.
   *
   * @param id stable: it names the state
   * @param options `within`: event time > 0 for which a key is remembered; it bounds the state
   */
  deduplicate(id: string, options: { keep?: "first"; within: Duration }): KeyedStream<Row, Keys>;
  /**
   * Keeps the last row of each key so far, by event time; each later row replaces it.
   *
   * Rows of equal time go by source, partition and offset. Nothing waits for the watermark, and no
   * row is late. With `within` a key is forgotten that long after its last row, which bounds the
   * state: nothing is emitted for that, the key keeps the row it has, and its next row takes
   * nothing back. Rows then wait for the watermark, and come late behind it.
   *
   * @param id stable: it names the state: one row per key
   */
  deduplicate(
    id: string,
    options: { keep: "last"; within?: Duration },
  ): KeyedUpdatingStream<Row, Keys>;
  /**
   * Aggregates all rows of each key so far: one row per key, which is replaced as rows come.
   *
   * No row is late for it, and it needs no event time. Over windows of time use `window` before.
   *
   * @param id stable: it names the state, at most 20 million keys in a task
   */
  aggregate<const Columns extends Readonly<Record<string, unknown>>>(
    id: string,
    columns: (row: ExpressionRow<Row>) => Columns & CheckedAggregates<Columns, Keys>,
    options?: RunningAggregateOptions,
  ): KeyedUpdatingStream<GroupRow<Row, Keys, Columns>, Keys>;
  /**
   * Keeps the first `n` rows of each key in an order; a row that is overtaken is taken back.
   *
   * Rows that the order leaves equal go by event time, source, partition and offset, then by their
   * columns. With `emit: "when-complete"` on the rows of windows, each window's rows come out once
   * and stay.
   *
   * @param id stable: it names the state: `n` rows per key
   */
  topN<const Rank extends string = never, Emit extends EmitRows = "each-batch">(
    id: string,
    options: TopNOptions<Row, Keys, Rank, Emit>,
  ): RankedStream<RankedRow<Row, Rank>, Keys, Emit>;
  /**
   * Numbers the rows of each key in an order, as far as to `max`: SQL's `row_number`, `rank` and
   * `dense_rank`.
   *
   * @param id stable: it names the state: the rows with a number up to `max`
   */
  rank<const Rank extends string = "rank", Emit extends EmitRows = "each-batch">(
    id: string,
    options: RankOptions<Row, Keys, Rank, Emit>,
  ): RankedStream<RankedRow<Row, Rank>, Keys, Emit>;
  /** Pairs each row with the rows of an updating stream that have the same keys. */
  join<
    Right extends object,
    const Columns extends Readonly<Record<string, unknown>>,
    Kind extends JoinKindName = "inner",
  >(
    id: string,
    right: KeyedUpdatingStream<Right, Keys> & SameKeys<Row, Right, Keys>,
    options: JoinOptions<Row, Right, Kind, Columns>,
  ): RekeyedUpdating<Selected<Columns>, Keys, keyof Columns>;
  /**
   * Pairs each row with the rows of `right` that have the same keys, whichever comes first.
   *
   * Both are keyed by columns of the same names and types. A null key pairs with null. An inner
   * join gives rows that stay. With another kind, or where a side is updating, the result is
   * updating: a row without a partner comes with nulls at once, and is taken back when a partner
   * comes. A pair's event time is the later of both; no row is late. The result is keyed still
   * where the keys are selected under their names.
   *
   * @param id stable: it names the state
   */
  join<
    Right extends object,
    const Columns extends Readonly<Record<string, unknown>>,
    Kind extends JoinKindName = "inner",
  >(
    id: string,
    right: KeyedStream<Right, Keys> & SameKeys<Row, Right, Keys>,
    options: JoinOptions<Row, Right, Kind, Columns>,
  ): Joined<Selected<Columns>, Keys, keyof Columns, Kind>;
  /**
   * Pairs each row with the rows of `right` that have the same keys and a time within `[time +
   * lower, time + upper]` of it.
   *
   * Both are keyed by columns of the same names and types. A null key pairs with null. A pair's
   * event time is the later of both. A row without a partner, where `kind` wants it, comes once
   * none can come, with its own time (or its upper bound, where that is of the row). Rows behind
   * their source's watermark are late and only counted. The result is keyed still where the keys
   * are selected under their names. State: rows until their partners can only be late, at most
   * `limits.joinRowsMax` per side and task.
   *
   * @param id stable: it names the state
   */
  intervalJoin<
    Right extends object,
    const Columns extends Readonly<Record<string, unknown>>,
    Kind extends JoinKindName = "inner",
  >(
    id: string,
    right: KeyedStream<Right, Keys> & SameKeys<Row, Right, Keys>,
    options: IntervalJoinOptions<Row, Right, Kind, Columns>,
  ): Rekeyed<Selected<Columns>, Keys, keyof Columns>;
  /**
   * Pairs the rows of each window that have the same keys, when the window closes. Then all its
   * rows are there, so that of each kind the rows stay.
   *
   * The result has `windowStart`, `windowEnd` and the selected columns; its event time is the last
   * instant of the window. A row is late when its source's watermark has reached the end of its
   * last window. State: the rows of open windows, at most `limits.joinRowsMax` per side and task.
   *
   * @param id stable: it names the state
   */
  windowJoin<
    Right extends object,
    const Columns extends Readonly<Record<string, unknown>>,
    Kind extends JoinKindName = "inner",
  >(
    id: string,
    right: KeyedStream<Right, Keys> & SameKeys<Row, Right, Keys>,
    options: WindowJoinOptions<Row, Right, Kind, Columns>,
  ): Rekeyed<WindowJoinedRow<Columns>, Keys, keyof Columns>;
  /**
   * Pairs each row with the version of its key that held at its time: the latest row of `right`
   * that is not after it. Of versions of one time the last by source, partition and offset holds.
   *
   * A row comes when the watermark has passed it, with its own event time; rows behind their
   * source's watermark are late and only counted. State: rows that the watermark has not passed,
   * and of each key the last version before it; at most `limits.joinRowsMax` per side and task.
   *
   * @param id stable: it names the state
   */
  asOfJoin<
    Right extends object,
    const Columns extends Readonly<Record<string, unknown>>,
    Kind extends "inner" | "left" = "inner",
  >(
    id: string,
    right: KeyedStream<Right, Keys> & SameKeys<Row, Right, Keys>,
    options: AsOfJoinOptions<Row, Right, Kind, Columns>,
  ): Rekeyed<Selected<Columns>, Keys, keyof Columns>;
  /**
   * Pairs each row with the rows of a table that it looks up. The table is keyed and must end: a
   * file, or a source that is read once. Every task reads all of it before the first row.
   *
   * Rows stay in their tasks, and keep their event time. State: the table, at most
   * `limits.joinRowsMax` rows, in each task.
   *
   * @param id stable: it names the state
   */
  lookupTable<
    Table extends object,
    TableKeys extends string,
    const Columns extends Readonly<Record<string, unknown>>,
    Kind extends "inner" | "left" = "inner",
  >(
    id: string,
    table: KeyedStream<Table, TableKeys>,
    options: LookupTableOptions<Row, Table, TableKeys, Kind, Columns>,
  ): Rekeyed<Selected<Columns>, Keys, keyof Columns>;
  /**
   * Finds rows of a key that follow each other in event order as a sequence of variables says, and
   * gives a row for each match: the keys, then what `select` makes of it.
   *
   * As SQL's `MATCH_RECOGNIZE (PARTITION BY … ORDER BY time … ONE ROW PER MATCH)`: of all ways to
   * match from a row the preferred one counts, and the search goes on as `skip` says. A match comes
   * out with the time of its last row, as soon as no row to come can change it. Rows behind their
   * source's watermark are late and only counted.
   *
   * @param id stable: it names the state
   */
  pattern<
    Variables,
    const Columns extends Readonly<Record<string, unknown>>,
    const Name extends string = never,
  >(
    id: string,
    options: PatternOptions<Row, Keys, Variables, Columns, Name>,
  ): KeyedStream<PatternRow<Row, Keys, Columns>, Keys>;
  /**
   * Runs a plain function for each row, with state of the row's key and timers in event time.
   *
   * Rows and timers come by time, a timer before the rows of its instant. What a call changes and
   * emits counts only if it succeeds. When a bounded input has ended, all timers that are set fire,
   * but those that they set in turn do not.
   *
   * @param id stable: it names the state, at most a million keys in a task
   */
  process<
    Out extends object,
    const States extends StateTypes = Record<never, never>,
    Sides extends Readonly<Record<string, object>> = Record<never, never>,
  >(
    id: string,
    options: ProcessOptions<Row, Picked<Row, Keys & keyof Row>, States, Out, Sides>,
  ): ProcessedStream<Out, Sides>;
  /** Scores each row's value against the past of its key, and adds the columns of `Detection`. */
  detect(id: string, options: DetectOptions<Row>): KeyedStream<Detected<Row>, Keys>;
  /** Forecasts each key's value: one row per step ahead. */
  forecast<const Level extends ForecastLevel = 0.8 | 0.95>(
    id: string,
    options: ForecastOptions<Row, Level>,
  ): KeyedStream<ForecastRow<Row, Keys, Level>, Keys>;
}

/** Rows in an order: they stay where they come out only once. */
type RankedStream<Row extends object, Keys extends string, Emit> = Emit extends "when-complete"
  ? KeyedStream<Row, Keys>
  : KeyedUpdatingStream<Row, Keys>;

/** Keyed as before where all keys are still there. */
type Rekeyed<Row extends object, Keys extends string, Names> = [Keys] extends [Names]
  ? KeyedStream<Row, Keys>
  : Stream<Row>;

/** What a join of streams whose rows stay gives: pairs stay, rows without a partner may not. */
type Joined<Row extends object, Keys extends string, Names, Kind> = [Kind] extends ["inner"]
  ? Rekeyed<Row, Keys, Names>
  : RekeyedUpdating<Row, Keys, Names>;
/** The rows that a process step emits, and beside them its side outputs. */
export interface ProcessedStream<
  in out Row extends object,
  in out Sides extends Readonly<Record<string, object>>,
> extends Stream<Row> {
  /** The rows that the step gives to a side output. */
  side<Name extends keyof Sides & string>(name: Name): Stream<Sides[Name]>;
}

/** A keyed stream cut into windows; it waits for `aggregate`. */
export interface WindowedStream<in out Row extends object, in out Keys extends string> {
  /**
   * One row per key and window: the keys, `windowStart`, `windowEnd`, then the aggregates.
   *
   * @param id stable: it names the state
   */
  aggregate<const Columns extends Readonly<Record<string, unknown>>>(
    id: string,
    columns: (row: ExpressionRow<Row>) => Columns & CheckedAggregates<Columns, Keys | WindowColumn>,
  ): AggregatedStream<AggregatedRow<Row, Keys, Columns>, Keys, Row>;
}

/** The rows of closed windows, and beside them the rows that came too late. */
export interface AggregatedStream<
  in out Row extends object,
  in out Keys extends string,
  in out Input extends object,
> extends KeyedStream<Row, Keys> {
  /** The rows that came after their window had closed. They are counted in any case. */
  late(): KeyedStream<Input, Keys>;
}

/**
 * A keyed stream cut into windows that give results before they close; it waits for `aggregate`.
 */
export interface UpdatingWindowedStream<in out Row extends object, in out Keys extends string> {
  /**
   * One row per key and window, which later rows may replace: the keys, `windowStart`, `windowEnd`,
   * then the aggregates.
   *
   * @param id stable: it names the state
   */
  aggregate<const Columns extends Readonly<Record<string, unknown>>>(
    id: string,
    columns: (row: ExpressionRow<Row>) => Columns & CheckedAggregates<Columns, Keys | WindowColumn>,
  ): UpdatingAggregatedStream<AggregatedRow<Row, Keys, Columns>, Keys, Row>;
}

/** The rows of windows as they change, and beside them the rows that came too late. */
export interface UpdatingAggregatedStream<
  in out Row extends object,
  in out Keys extends string,
  in out Input extends object,
> extends KeyedUpdatingStream<Row, Keys> {
  /** The rows that came after their window had closed. They are counted in any case. */
  late(): KeyedStream<Input, Keys>;
}
