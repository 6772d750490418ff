import {
  assertUserInput,
  type RowType,
  type SinkDescriptor,
  type SourceDescriptor,
  type UpdatingSinkDescriptor,
} from "@millrace/core";

/** What happens to rows that are in the table when a pipeline starts afresh. */
export type WhenFresh = "replace" | "append";

/** Options of the DuckDB sink. */
export interface DuckDbSinkOptions {
  /** Table in the file's main schema; made at the first write if it is missing. */
  readonly table: string;
  /** Database file, relative to the working directory. Default `millrace.duckdb`. */
  readonly file?: string;
  /** On a fresh start of the pipeline, `replace` (default) empties the table, `append` does not. */
  readonly whenFresh?: WhenFresh;
  /**
   * Columns that identify a row: a later row replaces an earlier one, and a row that is taken back
   * is deleted. Null equals null. An updating stream needs it.
   */
  readonly key?: readonly string[];
}

/** Options of the DuckDB sink for rows that may be replaced and deleted. */
export interface DuckDbKeyedSinkOptions extends DuckDbSinkOptions {
  readonly key: readonly string[];
}

/**
 * Writes rows into a DuckDB table, exactly once: rows and the sink's token move in one transaction.
 *
 * **Types** instants are TIMESTAMP (ms, µs) or TIMESTAMP_NS, durations BIGINT milliseconds, enums
 * VARCHAR, lists LIST, rows STRUCT, maps MAP, json JSON. Hidden `$…` columns are not written.
 * **Cost** column copies, about a million rows of ten columns a second; with `key`, a join more.
 *
 * @throws MillraceError `SINK_TABLE_MISMATCH` at the first write when the table has other columns
 */
export function duckdb(options: DuckDbKeyedSinkOptions): UpdatingSinkDescriptor;
export function duckdb(options: DuckDbSinkOptions): SinkDescriptor;
export function duckdb(options: DuckDbSinkOptions): SinkDescriptor {
  const { table, file = "millrace.duckdb", whenFresh = "replace", key } = options;
  assertUserInput(table !== "", "duckdb: table must be a name");
  assertUserInput(file !== "", "duckdb: file must be a path");
  assertUserInput(key === undefined || key.length > 0, "duckdb: key must name a column");
  return {
    role: "sink",
    connector: "duckdb",
    guarantee: "exactly-once",
    options: { table, file, whenFresh, ...(key === undefined ? {} : { key: [...key] }) },
    ...(key === undefined ? {} : { updatesKey: [...key] }),
  };
}

/**
 * Reads a query's rows, bounded, as one partition in the query's own order.
 *
 * The query must give the same rows in the same order whenever it runs on the same file: write an
 * ORDER BY that leaves no ties. Columns are taken by name and cast to the row type.
 */
export function duckdbQuery<Row extends object>(
  file: string,
  sql: string,
  rowType: RowType<Row>,
): SourceDescriptor<Row> {
  assertUserInput(sql.trim() !== "", "duckdbQuery: sql must be a query");
  return { role: "source", connector: "duckdb", options: { file, sql }, rowType };
}

/** Reads a table's rows, bounded, as one partition in the order in which they were inserted. */
export function duckdbTable<Row extends object>(
  file: string,
  table: string,
  rowType: RowType<Row>,
): SourceDescriptor<Row> {
  assertUserInput(table !== "", "duckdbTable: table must be a name");
  return { role: "source", connector: "duckdb", options: { file, table }, rowType };
}
