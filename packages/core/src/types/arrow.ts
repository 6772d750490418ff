import {
  Binary,
  Bool,
  type DataType as ArrowType,
  DateDay,
  Decimal as ArrowDecimal,
  DurationMillisecond,
  Field,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  Map_,
  Schema,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
} from "apache-arrow";
import type { DataType, FieldType, RowSchema, TimestampUnit } from "./data-type.ts";

function arrowTimestamp(unit: TimestampUnit): ArrowType {
  if (unit === "ms") return new TimestampMillisecond();
  return unit === "us" ? new TimestampMicrosecond() : new TimestampNanosecond();
}

function arrowMap(value: DataType): ArrowType {
  const entries = new Struct<{ key: Utf8; value: ArrowType }>([
    new Field("key", new Utf8(), false),
    new Field("value", toArrowType(value), value.nullable),
  ]);
  return new Map_(new Field("entries", entries, false));
}

/**
 * The Arrow type that holds a column.
 *
 * `json` and `enum` are Utf8 (JSON text; the value itself), `date` is DateDay, `duration` and ms
 * timestamps are 64-bit milliseconds, `decimal` is Decimal128 (four 32-bit words, little-endian).
 */
export function toArrowType(type: DataType): ArrowType {
  switch (type.kind) {
    case "boolean":
      return new Bool();
    case "int8":
      return new Int8();
    case "int16":
      return new Int16();
    case "int32":
      return new Int32();
    case "int64":
      return new Int64();
    case "uint8":
      return new Uint8();
    case "uint16":
      return new Uint16();
    case "uint32":
      return new Uint32();
    case "uint64":
      return new Uint64();
    case "float32":
      return new Float32();
    case "float64":
      return new Float64();
    case "decimal":
      return new ArrowDecimal(type.scale, type.precision, 128);
    case "binary":
      return new Binary();
    case "date":
      return new DateDay();
    case "timestamp":
      return arrowTimestamp(type.unit);
    case "duration":
      return new DurationMillisecond();
    case "utf8":
    case "enum":
    case "json":
      return new Utf8();
    case "list":
      return new List(new Field("item", toArrowType(type.item), type.item.nullable));
    case "row":
      return new Struct(type.fields.map(toArrowField));
    case "map":
      return arrowMap(type.value);
  }
}

/** The Arrow field of a column. */
export function toArrowField(field: FieldType): Field {
  return new Field(field.name, toArrowType(field.type), field.type.nullable);
}

/** The Arrow schema of a row. */
export function toArrowSchema(schema: RowSchema): Schema {
  return new Schema(schema.fields.map(toArrowField));
}
