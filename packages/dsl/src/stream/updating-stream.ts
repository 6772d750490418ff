import type { Guarantee, UpdatingSinkDescriptor } from "@millrace/core";
import type { ExpressionRow, RowPredicate } from "../expression/expression-types.ts";
import type {
  CheckedColumns,
  Dropped,
  ExtendedColumn,
  Picked,
  Renamed,
  Selected,
} from "./row-types.ts";
import type { SampleOptions } from "./stream.ts";
import type { StreamTypeError } from "./stream-type-error.ts";

declare const updatingBrand: unique symbol;

type Refused<Step extends string> =
  StreamTypeError<`${Step} needs rows that stay: this stream is updating`>;

/**
 * A stream whose rows may be replaced or taken back later: running aggregates, ranks, outer joins.
 *
 * Each row travels with a weight: +1 brings it, −1 takes it back. Steps that need rows that stay
 * (windows, models, plain functions) are not there; a sink must know how to replace a row.
 */
export interface UpdatingStream<in out Row extends object> {
  /** Only for inference; never present at run time. */
  readonly [updatingBrand]: (row: Row) => Row;
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
  sink(id: string, sink: UpdatingSinkDescriptor<Row>, options?: { guarantee?: Guarantee }): void;
  readonly window: Refused<"window">;
  readonly detect: Refused<"detect">;
  readonly forecast: Refused<"forecast">;
  readonly deduplicate: Refused<"deduplicate">;
  readonly intervalJoin: Refused<"intervalJoin">;
  readonly map: Refused<"map">;
  readonly flatMap: Refused<"flatMap">;
  readonly filter: Refused<"filter">;
}

/** An updating stream whose rows are grouped by columns, which stay in the row. */
export interface KeyedUpdatingStream<
  in out Row extends object,
  in out Keys extends string,
> extends UpdatingStream<Row> {
  /** Only for inference; never present at run time. */
  readonly keys?: (key: Keys) => Keys;
}
