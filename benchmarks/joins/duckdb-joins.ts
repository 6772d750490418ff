import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { JoinInput, SideRows } from "./join-rows.ts";

/** DuckDB on one thread, with tables `l` and `r` of both sides. */
export class DuckDbJoins {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(input: JoinInput): Promise<DuckDbJoins> {
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    await fill(connection, "l", input.left);
    await fill(connection, "r", input.right);
    return new DuckDbJoins(instance, connection);
  }

  /** Makes a table of a join. @returns its rows */
  async join(from: string): Promise<number> {
    await this.#connection.run(
      `CREATE OR REPLACE TABLE joined AS SELECT r.key, l.value AS "left", r.value AS "right" FROM ${from}`,
    );
    const reader = await this.#connection.runAndReadAll("SELECT count(*) AS n FROM joined");
    return Number(reader.getRowObjectsJS()[0]?.["n"]);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

async function fill(connection: DuckDBConnection, table: string, rows: SideRows): Promise<void> {
  await connection.run(`CREATE TABLE ${table} (time BIGINT, key INTEGER, value INTEGER)`);
  const appender = await connection.createAppender(table);
  for (let n = 0; n < rows.times.length; n += 1) {
    appender.appendBigInt(BigInt(rows.times[n] as number));
    appender.appendInteger(rows.keys[n] as number);
    appender.appendInteger(rows.values[n] as number);
    appender.endRow();
  }
  appender.closeSync();
}
