import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTimestampValue,
} from "@duckdb/node-api";
import { duckdb, duckdbConnector } from "@millrace/connectors/duckdb";
import type { Comparison } from "../../harness/compare.ts";
import { rideBatches, type Ride, rideWrites, rowCount } from "./rides.ts";
import { openRides, writeRides } from "./write-rides.ts";

const chunkRows = 2_048;

/** Two files, each with an instance of its own. */
export async function compareDuckDb(
  measure: (comparisons: readonly Comparison[]) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-stores-"));
  const file = join(directory, "ours.duckdb");
  const sink = await openRides(duckdbConnector, duckdb({ file, table: "rides" }));
  const instance = await DuckDBInstance.create(join(directory, "plain.duckdb"));
  const connection = await instance.connect();
  try {
    const batches = rideBatches();
    const writes = rideWrites();
    await measure([
      {
        case: "append",
        count: rowCount,
        unit: "rows/s",
        ours: () => writeRides(sink, batches),
        against: "chunks of columns with @duckdb/node-api",
        baseline: () => appendAll(connection, writes),
      },
    ]);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await sink.close();
    await rm(directory, { recursive: true });
  }
}

/** The fastest way that the driver has: it takes whole columns of a chunk. */
async function appendAll(
  connection: DuckDBConnection,
  writes: readonly (readonly Ride[])[],
): Promise<void> {
  await connection.run(
    `CREATE OR REPLACE TABLE rides ("id" BIGINT, "at" TIMESTAMP, "driver" VARCHAR, "city" VARCHAR,
       "km" DOUBLE, "cents" INTEGER, "isPaid" BOOLEAN, "note" VARCHAR)`,
  );
  for (const rows of writes) {
    await connection.run("BEGIN TRANSACTION");
    const appender = await connection.createAppender("rides");
    const types = Array.from({ length: 8 }, (_, index) => appender.columnType(index));
    for (let at = 0; at < rows.length; at += chunkRows) {
      const part = rows.slice(at, at + chunkRows);
      const chunk = DuckDBDataChunk.create(types, part.length);
      chunk.setColumns([
        part.map(({ id }) => BigInt(id)),
        part.map((row) => new DuckDBTimestampValue(BigInt(row.at) * 1000n)),
        part.map(({ driver }) => driver),
        part.map(({ city }) => city),
        part.map(({ km }) => km),
        part.map(({ cents }) => cents),
        part.map(({ isPaid }) => isPaid),
        part.map(({ note }) => note),
      ]);
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    await connection.run("COMMIT");
  }
}
