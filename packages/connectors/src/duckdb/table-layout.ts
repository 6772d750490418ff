import type { DuckDBConnection } from "@duckdb/node-api";
import { type FieldType, millraceError } from "@millrace/core";
import { columnList, quoteName } from "./sql-type.ts";

/** A temporary table that shows how DuckDB itself writes the types we ask for. */
const probe = "millrace_layout";

interface Column {
  readonly name: string;
  readonly type: string;
}

/**
 * Makes the table, or checks that the one there has the same columns in the same order.
 *
 * @throws MillraceError `SINK_TABLE_MISMATCH` with the first difference
 */
export async function ensureTable(
  connection: DuckDBConnection,
  table: string,
  fields: readonly FieldType[],
): Promise<void> {
  const actual = await columnsOf(connection, table);
  if (actual.length === 0) {
    await connection.run(`CREATE TABLE ${quoteName(table)} (${columnList(fields)})`);
    return;
  }
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${probe} (${columnList(fields)})`);
  const expected = await columnsOf(connection, probe);
  await connection.run(`DROP TABLE temp.${probe}`);
  const problem = findDifference(expected, actual);
  if (problem !== undefined) throw millraceError("SINK_TABLE_MISMATCH", { table, problem });
}

/** Whether the file's main schema has the table. */
export async function hasTable(connection: DuckDBConnection, table: string): Promise<boolean> {
  return (await columnsOf(connection, table)).length > 0;
}

/** A table's columns in order; empty when there is no such table. */
async function columnsOf(connection: DuckDBConnection, table: string): Promise<Column[]> {
  const result = await connection.runAndReadAll(
    `SELECT column_name, data_type FROM duckdb_columns()
     WHERE table_name = $1 AND schema_name = 'main'
       AND database_name IN (current_database(), 'temp')
     ORDER BY column_index`,
    [table],
  );
  return result.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
}

function findDifference(
  expected: readonly Column[],
  actual: readonly Column[],
): string | undefined {
  for (const [index, column] of expected.entries()) {
    const other = actual[index];
    if (other === undefined) return `it has no column ${quoteName(column.name)} (${column.type})`;
    if (other.name !== column.name) {
      return `its column ${index + 1} is ${quoteName(other.name)}, not ${quoteName(column.name)}`;
    }
    if (other.type !== column.type) {
      return `its column ${quoteName(column.name)} is ${other.type}, not ${column.type}`;
    }
  }
  const extra = actual[expected.length];
  return extra === undefined ? undefined : `it has a column ${quoteName(extra.name)} too many`;
}
