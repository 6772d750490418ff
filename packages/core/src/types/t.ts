import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Decimal } from "../decimal.ts";
import { assertUserInput } from "../errors/user-input.ts";
import type { Duration } from "../time/duration.ts";
import type { EpochDay, Instant, MicroInstant, NanoInstant } from "../time/instant.ts";
import { ColumnType } from "./column-type.ts";
import type { DataType } from "./data-type.ts";
import { type RowColumns, type RowOf, RowType } from "./row-type.ts";

function column<Value>(dataType: DataType): ColumnType<Value> {
  return new ColumnType<Value>(dataType);
}

function int64(): ColumnType<number>;
function int64(options: { as: "number" }): ColumnType<number>;
function int64(options: { as: "bigint" }): ColumnType<bigint>;
function int64(options?: { as: "number" | "bigint" }): ColumnType<never> {
  return column({ kind: "int64", nullable: false, as: options?.as ?? "number" });
}

function uint64(): ColumnType<number>;
function uint64(options: { as: "number" }): ColumnType<number>;
function uint64(options: { as: "bigint" }): ColumnType<bigint>;
function uint64(options?: { as: "number" | "bigint" }): ColumnType<never> {
  return column({ kind: "uint64", nullable: false, as: options?.as ?? "number" });
}

function timestamp(): ColumnType<Instant>;
function timestamp(options: { unit: "ms" }): ColumnType<Instant>;
function timestamp(options: { unit: "us" }): ColumnType<MicroInstant>;
function timestamp(options: { unit: "ns" }): ColumnType<NanoInstant>;
function timestamp(options?: { unit: "ms" | "us" | "ns" }): ColumnType<never> {
  return column({ kind: "timestamp", nullable: false, unit: options?.unit ?? "ms" });
}

function json(): ColumnType<unknown>;
function json<Schema extends StandardSchemaV1>(
  schema: Schema,
): ColumnType<StandardSchemaV1.InferOutput<Schema>>;
function json(schema?: StandardSchemaV1): ColumnType<unknown> {
  const plain = column<unknown>({ kind: "json", nullable: false });
  return schema === undefined ? plain : plain.validate(schema);
}

function decimal(options: { precision: number; scale: number }): ColumnType<Decimal> {
  const { precision, scale } = options;
  assertUserInput(
    Number.isInteger(precision) && precision >= 1 && precision <= 38,
    "t.decimal: precision must be a whole number from 1 to 38",
  );
  assertUserInput(
    Number.isInteger(scale) && scale >= 0 && scale <= precision,
    "t.decimal: scale must be a whole number from 0 to precision",
  );
  return column({ kind: "decimal", nullable: false, precision, scale });
}

function enumOf<const Values extends readonly [string, ...string[]]>(
  values: Values,
): ColumnType<Values[number]> {
  assertUserInput(new Set(values).size === values.length, "t.enum: the values must be different");
  return column({ kind: "enum", nullable: false, values });
}

/**
 * Column types. Each gives the TypeScript value, the Arrow type and the JSON Schema of a column.
 *
 * | type | TypeScript value |
 * |---|---|
 * | `boolean` | boolean |
 * | `int8 … uint32`, `float32`, `float64` | number |
 * | `int64`, `uint64` | number checked to be a safe integer; bigint with `{ as: "bigint" }` |
 * | `decimal` | `Decimal`, exact |
 * | `utf8`, `enum` | string |
 * | `binary` | Uint8Array |
 * | `date` | `EpochDay`, a branded number |
 * | `timestamp` | `Instant` (ms), a branded number; `us` and `ns` branded bigint |
 * | `duration` | `Duration`, a branded number of milliseconds |
 * | `list`, `row`, `map`, `json` | readonly array, object, object by key, unknown |
 *
 * @example
 * ```ts import.meta.vitest
 * const Flight = t.row({ departedAt: t.timestamp(), delayMinutes: t.float64().nullable() });
 * Flight.schema.fields.map((field) => field.name) // => ["departedAt", "delayMinutes"]
 * ```
 */
export const t: {
  boolean(): ColumnType<boolean>;
  int8(): ColumnType<number>;
  int16(): ColumnType<number>;
  int32(): ColumnType<number>;
  uint8(): ColumnType<number>;
  uint16(): ColumnType<number>;
  uint32(): ColumnType<number>;
  int64: typeof int64;
  uint64: typeof uint64;
  float32(): ColumnType<number>;
  float64(): ColumnType<number>;
  decimal: typeof decimal;
  utf8(): ColumnType<string>;
  binary(): ColumnType<Uint8Array>;
  date(): ColumnType<EpochDay>;
  timestamp: typeof timestamp;
  duration(): ColumnType<Duration>;
  enum: typeof enumOf;
  list<Value>(item: ColumnType<Value>): ColumnType<readonly Value[]>;
  row<const Columns extends RowColumns>(columns: Columns): RowType<RowOf<Columns>>;
  map<Value>(value: ColumnType<Value>): ColumnType<Readonly<Record<string, Value>>>;
  json: typeof json;
} = {
  boolean: () => column({ kind: "boolean", nullable: false }),
  int8: () => column({ kind: "int8", nullable: false }),
  int16: () => column({ kind: "int16", nullable: false }),
  int32: () => column({ kind: "int32", nullable: false }),
  uint8: () => column({ kind: "uint8", nullable: false }),
  uint16: () => column({ kind: "uint16", nullable: false }),
  uint32: () => column({ kind: "uint32", nullable: false }),
  int64,
  uint64,
  float32: () => column({ kind: "float32", nullable: false }),
  float64: () => column({ kind: "float64", nullable: false }),
  decimal,
  utf8: () => column({ kind: "utf8", nullable: false }),
  binary: () => column({ kind: "binary", nullable: false }),
  date: () => column({ kind: "date", nullable: false }),
  timestamp,
  duration: () => column({ kind: "duration", nullable: false }),
  enum: enumOf,
  list: (item) => column({ kind: "list", nullable: false, item: item.dataType }),
  row: (columns) => new RowType(columns),
  map: (value) => column({ kind: "map", nullable: false, value: value.dataType }),
  json,
};
