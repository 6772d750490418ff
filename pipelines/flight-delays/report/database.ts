import { DuckDBInstance } from "@duckdb/node-api";

/** A value of a result: numbers (BIGINT, too), texts, times as ms since 1970, or null. */
export type Cell = number | string | null;

/** Runs a query and gives its rows by column name. */
export type Query = <Row extends Record<string, Cell>>(sql: string) => Promise<Row[]>;

/** Opens the database for reading, lends it to `work`, and closes it whatever happens. */
export async function withDatabase<Result>(
  file: string,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
  try {
    const connection = await instance.connect();
    try {
      return await work(async <Row extends Record<string, Cell>>(sql: string) => {
        const result = await connection.runAndReadAll(sql);
        return result.getRowObjectsJS().map((row) => plainRow(row) as Row);
      });
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

function plainRow(row: Record<string, unknown>): Record<string, Cell> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainCell(value)]));
}

function plainCell(value: unknown): Cell {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return value.getTime();
  return value as Cell;
}
