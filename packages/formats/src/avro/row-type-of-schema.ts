import { type ColumnType, millraceError, type RowType, t } from "@millrace/core";
import type { AvroRecord, AvroType } from "./avro-type.ts";
import { Mismatch } from "./mismatch.ts";

/** A row as plain values, of columns that only the schema knows. */
export type AvroRow = Record<string, unknown>;

/**
 * The row type that takes every value of an Avro record: unions with null are nullable columns.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` for a type that contains itself, and for unions of
 *   several types
 */
export function rowTypeOfSchema(type: AvroType): RowType<AvroRow> {
  if (type.kind !== "record") throw new Mismatch("", "the schema of a record is needed").error();
  return rowOf(type, "", []);
}

function rowOf(record: AvroRecord, prefix: string, outer: readonly AvroType[]): RowType<AvroRow> {
  if (outer.includes(record)) {
    throw new Mismatch(prefix, `the record ${record.name} contains itself`).error();
  }
  const columns = record.fields.map(({ name, type }) => [
    name,
    columnOf(type, prefix + name, [...outer, record]),
  ]);
  return t.row(Object.fromEntries(columns)) as RowType<AvroRow>;
}

function columnOf(type: AvroType, path: string, outer: readonly AvroType[]): ColumnType<unknown> {
  switch (type.kind) {
    case "boolean":
      return t.boolean();
    case "int":
      if (type.logical === "time-millis") return t.duration();
      return type.logical === "date" ? t.date() : t.int32();
    case "long":
      return longColumn(type.logical);
    case "float":
      return t.float32();
    case "double":
      return t.float64();
    case "string":
      return t.utf8();
    case "bytes":
    case "fixed":
      return type.decimal === undefined ? t.binary() : t.decimal(type.decimal);
    case "enum":
      return t.enum(type.symbols as [string, ...string[]]);
    case "array":
      return t.list(columnOf(type.item, `${path}[]`, outer));
    case "map":
      return t.map(columnOf(type.item, `${path}{}`, outer));
    case "record":
      return rowOf(type, `${path}.`, outer);
    case "union": {
      const [present, ...others] = type.branches.filter(({ kind }) => kind !== "null");
      if (present !== undefined && others.length === 0) {
        const column = columnOf(present, path, outer);
        return present === type.branches[0] && type.branches.length === 1
          ? column
          : column.nullable();
      }
    }
  }
  const problem = `no column holds Avro ${type.kind} of these types`;
  throw millraceError("FORMAT_SCHEMA_MISMATCH", { format: "Avro", field: path, problem });
}

function longColumn(logical: string | undefined): ColumnType<unknown> {
  switch (logical?.replace("local-", "")) {
    case "timestamp-millis":
      return t.timestamp();
    case "timestamp-micros":
      return t.timestamp({ unit: "us" });
    case "timestamp-nanos":
      return t.timestamp({ unit: "ns" });
    case "time-micros":
      return t.duration();
    default:
      return t.int64({ as: "bigint" });
  }
}
