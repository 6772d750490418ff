import { type FieldType, millraceError } from "@millrace/core";
import type { PostgresSinkConfig } from "./config.ts";
import type { TableColumn } from "./copy/field-writer-of.ts";
import type { Session } from "./session.ts";
import { canHold, nameList, quoteName, sqlType } from "./sql-type.ts";

/** Taken while tables are made and changed: several processes open the same sink. */
const layoutLock = 7_741_526_301;

interface Column extends TableColumn {
  readonly isRequired: boolean;
  readonly isFilled: boolean;
}

/** The table's name with its schema. */
export function fullName({ schema, table }: PostgresSinkConfig): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}

/** Keeps others from making tables until the transaction ends. */
export async function lockLayout(session: Session): Promise<void> {
  await session.query("SELECT pg_advisory_xact_lock($1)", [layoutLock]);
}

/**
 * Makes the table, or checks the one there and adds columns that it lacks and that may be null. It
 * may have more columns, if they need no value.
 *
 * @returns the column of each field
 * @throws MillraceError `SINK_TABLE_MISMATCH` with the first difference
 */
export async function ensureTable(
  session: Session,
  config: PostgresSinkConfig,
  fields: readonly FieldType[],
): Promise<readonly TableColumn[]> {
  const found = await readColumns(session, config);
  if (found.length === 0) await createTable(session, config, fields);
  else {
    const missing = checkColumns(config, fields, found);
    for (const field of missing) {
      const definition = `${quoteName(field.name)} ${sqlType(field.type)}`;
      await session.query(`ALTER TABLE ${fullName(config)} ADD COLUMN ${definition}`);
    }
    if (config.key !== undefined) await checkKey(session, config, config.key, fields);
  }
  const columns = await readColumns(session, config);
  return fields.map((field) => columns.find(({ name }) => name === field.name) as Column);
}

async function createTable(
  session: Session,
  config: PostgresSinkConfig,
  fields: readonly FieldType[],
): Promise<void> {
  const lines = fields.map(
    ({ name, type }) => `${quoteName(name)} ${sqlType(type)}${type.nullable ? "" : " NOT NULL"}`,
  );
  const { key } = config;
  if (key !== undefined) {
    const rule = hasNulls(key, fields) ? "UNIQUE NULLS NOT DISTINCT" : "PRIMARY KEY";
    lines.push(`${rule} (${nameList(key)})`);
  }
  await session.query(`CREATE TABLE ${fullName(config)} (${lines.join(", ")})`);
}

/** A table's columns in order; empty when there is no such table. */
async function readColumns(session: Session, config: PostgresSinkConfig): Promise<Column[]> {
  const rows = await session.query(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       t.typelem::int8 AS item, a.attnotnull AS required,
       (a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '') AS filled
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum`,
    [fullName(config)],
  );
  return rows.map((row) => ({
    name: String(row["name"]),
    type: String(row["type"]),
    itemOid: Number(row["item"]),
    isRequired: row["required"] === true,
    isFilled: row["filled"] === true,
  }));
}

/** @returns the fields that the table has no column of, and that can be added */
function checkColumns(
  config: PostgresSinkConfig,
  fields: readonly FieldType[],
  columns: readonly Column[],
): FieldType[] {
  const missing: FieldType[] = [];
  for (const field of fields) {
    const column = columns.find(({ name }) => name === field.name);
    const name = quoteName(field.name);
    if (column === undefined) {
      if (!field.type.nullable || config.key?.includes(field.name) === true) {
        throw mismatch(config, `it has no column ${name} (${sqlType(field.type)})`);
      }
      missing.push(field);
    } else if (!canHold(column.type, field.type)) {
      throw mismatch(config, `its column ${name} is ${column.type}, not ${sqlType(field.type)}`);
    } else if (column.isRequired && field.type.nullable) {
      throw mismatch(config, `its column ${name} takes no nulls, and the rows may have some`);
    }
  }
  const stranger = columns.find(
    ({ name, isRequired, isFilled }) =>
      isRequired && !isFilled && !fields.some((field) => field.name === name),
  );
  if (stranger === undefined) return missing;
  const name = quoteName(stranger.name);
  throw mismatch(config, `its column ${name} needs a value, and the rows have none`);
}

/** Rows can replace each other only where the server can tell that keys are equal. */
async function checkKey(
  session: Session,
  config: PostgresSinkConfig,
  key: readonly string[],
  fields: readonly FieldType[],
): Promise<void> {
  const nulls = hasNulls(key, fields);
  // The column indnullsnotdistinct is there since PostgreSQL 15.
  const found = await session.query(
    `SELECT 1 FROM pg_index i
     WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid
       AND i.indpred IS NULL AND i.indexprs IS NULL
       AND (NOT $3 OR coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false))
       AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text COLLATE "C")
            FROM pg_attribute a
            WHERE a.attrelid = i.indrelid
              AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) = $2::text[]`,
    [fullName(config), key.toSorted(), nulls],
  );
  if (found.length > 0) return;
  const rule = nulls ? "UNIQUE NULLS NOT DISTINCT" : "UNIQUE";
  throw mismatch(config, `it has no ${rule} index on (${nameList(key)})`);
}

function hasNulls(key: readonly string[], fields: readonly FieldType[]): boolean {
  return fields.some(({ name, type }) => type.nullable && key.includes(name));
}

function mismatch(config: PostgresSinkConfig, problem: string): Error {
  return millraceError("SINK_TABLE_MISMATCH", { table: config.table, problem });
}
