import type * as DuckDb from "@duckdb/node-api";
import { millraceError } from "@millrace/core";

/** @throws MillraceError `CONNECTOR_DRIVER_MISSING` when the optional package is not installed */
export async function loadParquetDriver(): Promise<typeof DuckDb> {
  try {
    return await import("@duckdb/node-api");
  } catch (cause) {
    const names = { connector: "files (parquet)", package: "@duckdb/node-api" };
    throw millraceError("CONNECTOR_DRIVER_MISSING", names, { cause });
  }
}

/** A text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
