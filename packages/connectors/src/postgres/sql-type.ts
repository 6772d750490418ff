import { type DataType, type FieldType, isHiddenColumn, type RowSchema } from "@millrace/core";

const plainTypes: Partial<Record<DataType["kind"], string>> = {
  boolean: "boolean",
  int8: "smallint",
  int16: "smallint",
  int32: "integer",
  int64: "bigint",
  uint8: "smallint",
  uint16: "integer",
  uint32: "bigint",
  uint64: "numeric(20,0)",
  float32: "real",
  float64: "double precision",
  utf8: "text",
  enum: "text",
  binary: "bytea",
  date: "date",
  duration: "bigint",
  json: "jsonb",
  row: "jsonb",
  map: "jsonb",
};

/** Types whose fields look alike in COPY, beside the one that we would choose. */
const alike: Readonly<Record<string, RegExp>> = {
  text: /^character varying(\(\d+\))?$/,
  jsonb: /^json$/,
  "timestamp with time zone": /^timestamp without time zone$/,
};

/** A name as SQL text, quoted. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Whether a list is an array in PostgreSQL: its arrays have items of one plain type. */
export function isArray(type: DataType): type is Extract<DataType, { kind: "list" }> {
  return type.kind === "list" && !["list", "row", "map"].includes(type.item.kind);
}

/** PostgreSQL's type for a column, as `format_type` writes it. */
export function sqlType(type: DataType): string {
  switch (type.kind) {
    case "decimal":
      return `numeric(${type.precision},${type.scale})`;
    case "timestamp":
      return type.unit === "ns" ? "bigint" : "timestamp with time zone";
    case "list":
      return isArray(type) ? `${sqlType(type.item)}[]` : "jsonb";
    default:
      return plainTypes[type.kind] as string;
  }
}

/** Whether a column of the table, of a type as `format_type` writes it, holds all such values. */
export function canHold(actual: string, type: DataType): boolean {
  const wanted = sqlType(type);
  if (actual === wanted || alike[wanted]?.test(actual) === true) return true;
  const needed = /^numeric\((\d+),(\d+)\)$/.exec(wanted);
  if (needed === null) return false;
  if (actual === "numeric") return true;
  const given = /^numeric\((\d+),(\d+)\)$/.exec(actual);
  if (given === null) return false;
  const [precision, scale] = [Number(given[1]), Number(given[2])];
  return scale >= Number(needed[2]) && precision - scale >= Number(needed[1]) - Number(needed[2]);
}

/** The columns that a table has: all but the hidden ones. */
export function writtenFields(schema: RowSchema): readonly FieldType[] {
  return schema.fields.filter((field) => !isHiddenColumn(field.name));
}

/** `"a", "b"` of some columns. */
export function nameList(names: readonly string[]): string {
  return names.map(quoteName).join(", ");
}
