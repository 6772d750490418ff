import { assertUserInput, type SinkDescriptor, type UpdatingSinkDescriptor } from "@millrace/core";
import { keepPassword } from "./passwords.ts";

/** Options of the PostgreSQL sink. */
export interface PostgresSinkOptions {
  /**
   * `postgres://user:password@host:5432/database`. The password is kept out of the plan. What the
   * url leaves out is taken from the driver's environment variables (`PGPASSWORD` and its like) and
   * from `~/.pgpass`.
   */
  readonly url: string;
  /** Table; made when the sink is opened, if it is missing. */
  readonly table: string;
  /** Schema of the table and of the table of tokens, which must exist. Default `public`. */
  readonly schema?: string;
  /** On a fresh start of the pipeline, `replace` (default) empties the table, `append` does not. */
  readonly whenFresh?: "replace" | "append";
  /**
   * Columns that identify a row: a later row replaces an earlier one, and a row that is taken back
   * is deleted. Null equals null. A table that exists needs a unique index on them. An updating
   * stream needs it.
   */
  readonly key?: readonly string[];
  /** Connections at once, 1 to 64; partitions share them. Default 4. */
  readonly connections?: number;
  /** Milliseconds that a write may take before it is given up and tried again. Default 60,000. */
  readonly timeoutMs?: number;
}

/** Options of the PostgreSQL sink for rows that may be replaced and deleted. */
export interface PostgresKeyedSinkOptions extends PostgresSinkOptions {
  readonly key: readonly string[];
}

/**
 * Writes rows into a PostgreSQL table, exactly once: rows and the sink's token move in one
 * transaction.
 *
 * **Types** instants are `timestamptz` (ms, µs) or `bigint` nanoseconds, durations `bigint`
 * milliseconds, uint64 `numeric`, enums `text`, lists arrays; rows, maps, lists of them and json
 * are `jsonb`. Hidden `$…` columns are not written. A missing column that may be null is added.
 * **Cost** binary COPY, about as fast as the server takes it; with `key` through a temporary table
 *
 * @throws MillraceError `SINK_TABLE_MISMATCH` on opening when a column has another type
 */
export function postgres(options: PostgresKeyedSinkOptions): UpdatingSinkDescriptor;
export function postgres(options: PostgresSinkOptions): SinkDescriptor;
export function postgres(options: PostgresSinkOptions): SinkDescriptor {
  const { url, table, schema = "public", whenFresh = "replace", key } = options;
  const { connections = 4, timeoutMs = 60_000 } = options;
  assertUserInput(
    /^postgres(ql)?:\/\//.test(url) && URL.canParse(url),
    "postgres: url must be a URL that begins with postgres://",
  );
  assertUserInput(table !== "", "postgres: table must be a name");
  assertUserInput(schema !== "", "postgres: schema must be a name");
  assertUserInput(key === undefined || key.length > 0, "postgres: key must name a column");
  assertUserInput(
    Number.isInteger(connections) && connections >= 1 && connections <= 64,
    "postgres: connections must be a whole number from 1 to 64",
  );
  assertUserInput(timeoutMs >= 1_000, "postgres: timeoutMs must be at least 1,000");
  const always = { url: keepPassword(url), table, schema, whenFresh, connections, timeoutMs };
  return {
    role: "sink",
    connector: "postgres",
    guarantee: "exactly-once",
    options: { ...always, ...(key === undefined ? {} : { key: [...key] }) },
    ...(key === undefined ? {} : { updatesKey: [...key] }),
  };
}
