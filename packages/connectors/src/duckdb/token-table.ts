import type { DuckDBConnection } from "@duckdb/node-api";
import { millraceError, type SinkContext, type SinkToken } from "@millrace/core";

/** Table of every sink's tokens in a database file. */
const tokenTable = "millrace_tokens";

// The table has no primary key: all writers of the file are in this process and take turns (I3),
// and DuckDB's indexes refuse to delete and insert the same key in one transaction.
const createTokenTable = `
  CREATE TABLE IF NOT EXISTS ${tokenTable} (
    pipeline VARCHAR NOT NULL, sink VARCHAR NOT NULL, "partition" INTEGER NOT NULL,
    generation BIGINT NOT NULL, "offset" BIGINT NOT NULL
  )`;

const ofSink = "pipeline = $1 AND sink = $2";
const ofPartition = `${ofSink} AND "partition" = $3::INTEGER`;

/** The sink's token of one partition, or undefined. A file without the token table has none. */
export async function readToken(
  connection: DuckDBConnection,
  context: SinkContext,
  partition: number,
): Promise<SinkToken | undefined> {
  if (!(await hasTokenTable(connection))) return undefined;
  const result = await connection.runAndReadAll(
    `SELECT generation, "offset" FROM ${tokenTable} WHERE ${ofPartition}`,
    [context.pipeline, context.sinkId, partition],
  );
  const row = result.getRows()[0] as [bigint, bigint] | undefined;
  return row === undefined ? undefined : { generation: Number(row[0]), offset: row[1] };
}

/**
 * Moves the token from `expected` to `next`, inside the caller's transaction.
 *
 * @throws MillraceError `SINK_FENCED` when the token is another one
 */
export async function moveToken(
  connection: DuckDBConnection,
  context: SinkContext,
  move: { partition: number; expected: SinkToken | undefined; next: SinkToken },
): Promise<void> {
  const { partition, expected, next } = move;
  await connection.run(createTokenTable);
  const place = [context.pipeline, context.sinkId, partition];
  const moved = [BigInt(next.generation), next.offset];
  const result =
    expected === undefined
      ? await connection.run(
          `INSERT INTO ${tokenTable} SELECT $1, $2, $3::INTEGER, $4::BIGINT, $5::BIGINT
           WHERE NOT EXISTS (SELECT 1 FROM ${tokenTable} WHERE ${ofPartition})`,
          [...place, ...moved],
        )
      : await connection.run(
          `UPDATE ${tokenTable} SET generation = $4::BIGINT, "offset" = $5::BIGINT
           WHERE ${ofPartition} AND generation = $6::BIGINT AND "offset" = $7::BIGINT`,
          [...place, ...moved, BigInt(expected.generation), expected.offset],
        );
  if (result.rowsChanged !== 1) throw millraceError("SINK_FENCED", { sink: context.sinkId });
}

/**
 * Removes the sink's tokens of all partitions; gives their number.
 *
 * @throws MillraceError `SINK_FENCED` when one of them is of a later generation
 */
export async function removeTokens(
  connection: DuckDBConnection,
  context: SinkContext,
): Promise<number> {
  if (!(await hasTokenTable(connection))) return 0;
  const place = [context.pipeline, context.sinkId];
  const later = await connection.runAndReadAll(
    `SELECT 1 FROM ${tokenTable} WHERE ${ofSink} AND generation > $3::BIGINT LIMIT 1`,
    [...place, BigInt(context.generation)],
  );
  if (later.currentRowCount > 0) throw millraceError("SINK_FENCED", { sink: context.sinkId });
  const result = await connection.run(`DELETE FROM ${tokenTable} WHERE ${ofSink}`, place);
  return result.rowsChanged;
}

async function hasTokenTable(connection: DuckDBConnection): Promise<boolean> {
  const result = await connection.runAndReadAll(
    "SELECT 1 FROM duckdb_tables() WHERE table_name = $1 AND database_name = current_database()",
    [tokenTable],
  );
  return result.currentRowCount > 0;
}
