import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import { columnOf, decodeDictionary, hasColumn } from "@millrace/columnar";
import type { Data, RecordBatch } from "apache-arrow";
import {
  type FieldType,
  findField,
  millraceError,
  type Sink,
  type SinkContext,
  type SinkToken,
  weightField,
} from "@millrace/core";
import { type DuckDbSinkConfig, readSinkConfig } from "./config.ts";
import { type DuckDbDriver, loadDriver } from "./driver.ts";
import { withMappedErrors } from "./error-map.ts";
import { connectShared, type SharedConnection } from "./shared-instance.ts";
import { quoteName, writtenFields } from "./sql-type.ts";
import { ensureTable, hasTable } from "./table-layout.ts";
import { moveToken, readToken, removeTokens } from "./token-table.ts";
import { vectorRowsMax, VectorWriter } from "./vector-writer.ts";

// Invariants:
//   S1. Rows and token are written in one transaction; DuckDB's write-ahead log keeps it whole when
//       the process dies.
//   S2. The token is moved before the rows are appended, so that a fenced writer appends nothing.
//   S3. With a key, rows go to a temporary table first; the last row of a key replaces all others,
//     or deletes them if it takes the row back.

/** Temporary table of S3; each connection has its own. */
const staged = "millrace_staged";

/** Opens the sink that `duckdb(…)` describes. Creates the database file, not yet the table. */
export async function openDuckDbSink(context: SinkContext): Promise<Sink> {
  const config = readSinkConfig(context.options);
  for (const column of config.key ?? []) {
    if (findField(context.schema, column) === undefined) {
      const problem = `key names the column ${quoteName(column)}, which the rows do not have`;
      throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "duckdb", problem });
    }
  }
  const driver = await loadDriver();
  return new DuckDbSink(context, config, driver, await connectShared(config.path));
}

class DuckDbSink implements Sink {
  readonly guarantee = "exactly-once";
  readonly #context: SinkContext;
  readonly #config: DuckDbSinkConfig;
  readonly #driver: DuckDbDriver;
  readonly #shared: SharedConnection;
  readonly #fields: readonly FieldType[];
  readonly #writer: VectorWriter;
  #isTableKnown = false;

  constructor(
    context: SinkContext,
    config: DuckDbSinkConfig,
    driver: DuckDbDriver,
    shared: SharedConnection,
  ) {
    this.#context = context;
    this.#config = config;
    this.#driver = driver;
    this.#shared = shared;
    this.#fields = writtenFields(context.schema);
    this.#writer = new VectorWriter(driver.native);
  }

  /** The table exists afterwards, so that a run without a row leaves an empty one, not none. */
  async startAfresh(): Promise<void> {
    await this.#transaction(async (connection) => {
      const { table } = this.#config;
      if (this.#config.whenFresh === "replace") await this.#empty(connection);
      await ensureTable(connection, table, this.#fields);
    });
    this.#isTableKnown = true;
  }

  async #empty(connection: DuckDBConnection): Promise<void> {
    const { table } = this.#config;
    const isOurs = (await removeTokens(connection, this.#context)) > 0;
    // A table that this sink wrote is made anew with the columns of today. One that was there
    // without us must fit, and is only emptied.
    if (isOurs) await connection.run(`DROP TABLE IF EXISTS ${quoteName(table)}`);
    else if (await hasTable(connection, table)) {
      await ensureTable(connection, table, this.#fields);
      await connection.run(`DELETE FROM ${quoteName(table)}`);
    }
  }

  async readToken(partition: number): Promise<SinkToken | undefined> {
    return await this.#transaction((connection) => readToken(connection, this.#context, partition));
  }

  async write(write: {
    partition: number;
    rows: readonly RecordBatch[];
    expected: SinkToken | undefined;
    next: SinkToken;
  }): Promise<void> {
    await this.#transaction(async (connection) => {
      if (!this.#isTableKnown) await ensureTable(connection, this.#config.table, this.#fields);
      await moveToken(connection, this.#context, write);
      const rows = write.rows.filter((batch) => batch.numRows > 0);
      if (rows.length === 0) return;
      if (this.#config.key === undefined) await this.#append(connection, this.#config.table, rows);
      else await this.#replace(connection, this.#config.key, rows);
    });
    this.#isTableKnown = true;
  }

  async close(): Promise<void> {
    await withMappedErrors(this.#config.path, () => this.#shared.close());
  }

  async #transaction<Result>(
    work: (connection: DuckDBConnection) => Promise<Result>,
  ): Promise<Result> {
    return await withMappedErrors(this.#config.path, () =>
      this.#shared.transaction(() => work(this.#shared.connection)),
    );
  }

  async #append(
    connection: DuckDBConnection,
    table: string,
    batches: readonly RecordBatch[],
    fields: readonly FieldType[] = this.#fields,
  ): Promise<void> {
    const appender = await connection.createAppender(table);
    const columnTypes = fields.map((_, index) => appender.columnType(index));
    const chunk = this.#driver.api.DuckDBDataChunk.create(columnTypes);
    try {
      for (const batch of batches) {
        const columns = fields.map(({ name }) => decodeDictionary(columnOf(batch, name)));
        for (let from = 0; from < batch.numRows; from += vectorRowsMax) {
          const count = Math.min(vectorRowsMax, batch.numRows - from);
          this.#fill(chunk, fields, columns, from, count);
          appender.appendDataChunk(chunk);
        }
      }
    } catch (error) {
      // What was appended is not to be flushed while the transaction is rolled back.
      appender.clear();
      throw error;
    }
    appender.closeSync();
  }

  #fill(
    chunk: DuckDBDataChunk,
    fields: readonly FieldType[],
    columns: readonly Data[],
    from: number,
    count: number,
  ): void {
    chunk.reset();
    chunk.rowCount = count;
    for (const [index, field] of fields.entries()) {
      const vector = this.#driver.native.data_chunk_get_vector(chunk.chunk, index);
      this.#writer.write(vector, field.type, columns[index] as Data, from, count);
    }
  }

  async #replace(
    connection: DuckDBConnection,
    key: readonly string[],
    batches: readonly RecordBatch[],
  ): Promise<void> {
    const target = quoteName(this.#config.table);
    const keyNames = key.map(quoteName).join(", ");
    const isSameKey = key
      .map((name) => `old.${quoteName(name)} IS NOT DISTINCT FROM new.${quoteName(name)}`)
      .join(" AND ");
    const isUpdating = batches.every((batch) => hasColumn(batch, weightField.name));
    const weight = quoteName(weightField.name);
    const columns = isUpdating ? `*, 1::INTEGER AS ${weight}` : "*";
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE ${staged} AS SELECT ${columns} FROM ${target} LIMIT 0`,
    );
    const fields = isUpdating ? [...this.#fields, weightField] : this.#fields;
    await this.#append(connection, staged, batches, fields);
    await connection.run(
      `DELETE FROM ${target} WHERE rowid IN (
         SELECT old.rowid FROM ${target} AS old SEMI JOIN temp.${staged} AS new ON ${isSameKey})`,
    );
    const names = this.#fields.map((field) => quoteName(field.name)).join(", ");
    await connection.run(
      `INSERT INTO ${target} SELECT ${names} FROM temp.${staged}
       WHERE rowid IN (SELECT max(rowid) FROM temp.${staged} GROUP BY ${keyNames})
         ${isUpdating ? `AND ${weight} > 0` : ""}
       ORDER BY rowid`,
    );
    await connection.run(`DROP TABLE temp.${staged}`);
  }
}
