import { type DataType, isHiddenColumn, type FieldType, type RowSchema } from "@millrace/core";

const plainTypes: Partial<Record<DataType["kind"], string>> = {
  boolean: "BOOLEAN",
  int8: "TINYINT",
  int16: "SMALLINT",
  int32: "INTEGER",
  int64: "BIGINT",
  uint8: "UTINYINT",
  uint16: "USMALLINT",
  uint32: "UINTEGER",
  uint64: "UBIGINT",
  float32: "FLOAT",
  float64: "DOUBLE",
  utf8: "VARCHAR",
  enum: "VARCHAR",
  binary: "BLOB",
  date: "DATE",
  duration: "BIGINT",
  json: "JSON",
};

/** A name as SQL text, quoted. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** DuckDB's type for a column. A duration is BIGINT milliseconds: INTERVAL has no such unit. */
export function sqlType(type: DataType): string {
  switch (type.kind) {
    case "decimal":
      return `DECIMAL(${type.precision},${type.scale})`;
    case "timestamp":
      return type.unit === "ns" ? "TIMESTAMP_NS" : "TIMESTAMP";
    case "list":
      return `${sqlType(type.item)}[]`;
    case "row":
      return `STRUCT(${columnList(type.fields)})`;
    case "map":
      return `MAP(VARCHAR, ${sqlType(type.value)})`;
    default:
      return plainTypes[type.kind] as string;
  }
}

/** The columns that a table has: all but the hidden ones. */
export function writtenFields(schema: RowSchema): readonly FieldType[] {
  return schema.fields.filter((field) => !isHiddenColumn(field.name));
}

/** `"name" TYPE, …` as in CREATE TABLE. */
export function columnList(fields: readonly FieldType[]): string {
  return fields.map((field) => `${quoteName(field.name)} ${sqlType(field.type)}`).join(", ");
}
