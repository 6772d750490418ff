import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { duckdb } from "millrace/duckdb";
import type { RoundStoreKind } from "./store.ts";

/** A file that the worker has open; it is read when the worker has ended. */
export const duckdbStore: RoundStoreKind = {
  name: "duckdb",
  version: "DuckDB 1.5.6",
  async open(directory) {
    const file = join(directory, "store.duckdb");
    return {
      place: file,
      read: (table, columns) => linesOf(file, `FROM ${table}`, columns),
      close: async () => undefined,
    };
  },
  append: (file, table) => duckdb({ file, table }),
  upsert: (file, table, key) => duckdb({ file, table, key }),
};

/** Rows of a DuckDB file as lines: text of the columns, instants in milliseconds. */
export async function linesOf(
  file: string,
  from: string,
  columns: readonly string[],
): Promise<string[]> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  try {
    const texts = columns.map((column) =>
      column === "at" ? `epoch_ms("at")::VARCHAR` : `coalesce("${column}"::VARCHAR, '∅')`,
    );
    const result = await connection.runAndReadAll(
      `SELECT concat_ws('|', ${texts.join(", ")}) ${from}`,
    );
    return result.getRows().map(([line]) => String(line));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
