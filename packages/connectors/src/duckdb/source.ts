import { stat } from "node:fs/promises";
import {
  type FieldType,
  findField,
  type Json,
  assert,
  millraceError,
  type Source,
  type SourceContext,
  type SourceReader,
} from "@millrace/core";
import { type DuckDbSourceConfig, readSourceConfig } from "./config.ts";
import { withMappedErrors } from "./error-map.ts";
import { connectShared, type SharedConnection } from "./shared-instance.ts";
import { quoteName, sqlType } from "./sql-type.ts";
import { openDuckDbReader } from "./source-reader.ts";

/** Opens the source that `duckdbQuery(…)` or `duckdbTable(…)` describes: bounded, one partition. */
export async function openDuckDbSource(context: SourceContext): Promise<Source> {
  const config = readSourceConfig(context.options);
  const { size } = await statFile(config.path);
  const shared = await connectShared(config.path);
  try {
    return await withMappedErrors(config.path, () => prepare(context, config, shared, size));
  } catch (error) {
    await shared.close();
    throw error;
  }
}

async function prepare(
  context: SourceContext,
  config: DuckDbSourceConfig,
  shared: SharedConnection,
  sizeBytes: number,
): Promise<Source> {
  const fields = context.columns.map((name) => fieldOf(context, name));
  const relation = config.sql === undefined ? quoteName(config.table as string) : `(${config.sql})`;
  await checkColumns(config, shared, relation, fields);
  const counted = await shared.connection.runAndReadAll(`SELECT count(*) FROM ${relation}`);
  const rowCount = Number(counted.getRows()[0]?.[0]);
  const names = fields.map((field) => `${castOf(field)} AS ${quoteName(field.name)}`);
  // The order of insertion is the order of row ids; a query brings its own.
  const order = config.sql === undefined ? " ORDER BY rowid" : "";
  const sql = `SELECT ${names.length === 0 ? "1" : names.join(", ")} FROM ${relation}${order}`;
  return {
    partitionCount: 1,
    isBounded: true,
    fingerprint: JSON.stringify({ path: config.path, sizeBytes, rowCount, sql }),
    async openReader(partition: number, position: Json | undefined): Promise<SourceReader> {
      assert(partition === 0, "a DuckDB source has one partition");
      const from = typeof position === "number" ? position : 0;
      const { path } = config;
      return await openDuckDbReader({ path, sql, fields, rowCount, from, id: context.sourceId });
    },
    close: () => withMappedErrors(config.path, () => shared.close()),
  };
}

function fieldOf(context: SourceContext, name: string): FieldType {
  const field = findField(context.schema, name);
  assert(field !== undefined, "a source reads columns of its schema");
  return field;
}

function castOf(field: FieldType): string {
  // JSON is read as its text: that is what a json column holds.
  const type = field.type.kind === "json" ? "VARCHAR" : sqlType(field.type);
  return `CAST(${quoteName(field.name)} AS ${type})`;
}

async function checkColumns(
  config: DuckDbSourceConfig,
  shared: SharedConnection,
  relation: string,
  fields: readonly FieldType[],
): Promise<void> {
  const result = await shared.connection.run(`SELECT * FROM ${relation} LIMIT 0`);
  const columns = result.columnNames();
  const missing = fields.find((field) => !columns.includes(field.name));
  if (missing === undefined) return;
  const { path } = config;
  throw millraceError("FILE_COLUMN_MISSING", { path, column: missing.name, columns });
}

async function statFile(path: string): Promise<{ size: number }> {
  try {
    return await stat(path);
  } catch (cause) {
    throw millraceError("FILE_NOT_FOUND", { path }, { cause });
  }
}
