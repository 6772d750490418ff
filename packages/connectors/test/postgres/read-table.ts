import { type DataType, Decimal, type RowSchema } from "@millrace/core";
import pg from "pg";

/** Asks the server, by a connection of its own. */
export async function ask(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(sql, [...values]);
    return result.rows;
  } finally {
    await client.end();
  }
}

/** A table's rows as plain values of the columns of a schema: PostgreSQL's own texts, read. */
export async function readTable(
  url: string,
  table: string,
  schema: RowSchema,
): Promise<readonly object[]> {
  const columns = schema.fields.map(
    ({ name, type }) => `${textOf(`"${name}"`, type)} AS "${name}"`,
  );
  const rows = await ask(url, `SELECT ${columns.join(", ")} FROM "${table}"`);
  return rows.map((row) =>
    Object.fromEntries(
      schema.fields.map(({ name, type }) => {
        const text = row[name] as string | null;
        return [name, text === null ? null : valueOf(text, type)];
      }),
    ),
  );
}

function textOf(column: string, type: DataType): string {
  switch (type.kind) {
    case "timestamp":
      if (type.unit === "ns") return `${column}::text`;
      return `(extract(epoch FROM ${column}) * 1000000)::numeric(30,0)::text`;
    case "date":
      return `(${column} - date '1970-01-01')::text`;
    case "binary":
      return `encode(${column}, 'hex')`;
    case "list":
      return `to_jsonb(${column})::text`;
    default:
      return `${column}::text`;
  }
}

function valueOf(text: string, type: DataType): unknown {
  switch (type.kind) {
    case "boolean":
      return text === "true";
    case "int64":
    case "uint64":
      return type.as === "bigint" ? BigInt(text) : Number(text);
    case "decimal":
      return Decimal.parse(text);
    case "timestamp":
      return type.unit === "ms" ? Number(BigInt(text) / 1000n) : BigInt(text);
    case "float32":
      return Math.fround(Number(text));
    case "binary":
      return new Uint8Array(Buffer.from(text, "hex"));
    case "utf8":
    case "enum":
      return text;
    case "json":
    case "list":
    case "map":
    case "row":
      return JSON.parse(text) as unknown;
    default:
      return Number(text);
  }
}
