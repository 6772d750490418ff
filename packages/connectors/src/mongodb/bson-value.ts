import { type DataType, type Decimal, millraceError } from "@millrace/core";
import type { MongodbDriver } from "./driver.ts";

/** Turns a plain value of a column into what the driver writes as BSON; null stays null. */
export type ToBson = (value: unknown) => unknown;

const decimalDigitsMax = 34;
const dayMs = 86_400_000;
const dateMsMax = 8.64e15;

/** @param collection for errors */
export function bsonWriter(type: DataType, driver: MongodbDriver, collection: string): ToBson {
  const write = presentWriter(type, driver, collection);
  return (value) => (value === null ? null : write(value));
}

function presentWriter(type: DataType, driver: MongodbDriver, collection: string): ToBson {
  const { Double, Long, Int32, Binary, Decimal128 } = driver;
  switch (type.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
      return (value) => new Int32(value as number);
    case "float32":
    case "float64":
      return (value) => new Double(value as number);
    case "uint32":
    case "duration":
      return (value) => Long.fromNumber(value as number);
    case "int64":
      return (value) =>
        typeof value === "bigint" ? Long.fromBigInt(value) : Long.fromNumber(value as number);
    case "uint64":
      return (value) => Decimal128.fromString(String(value));
    case "decimal":
      return type.precision > decimalDigitsMax
        ? (value) => (value as Decimal).toString()
        : (value) => Decimal128.fromString((value as Decimal).toString());
    case "timestamp":
      return type.unit === "ms"
        ? (value) => dateOf(value as number, collection)
        : (value) => Long.fromBigInt(value as bigint);
    case "date":
      return (value) => dateOf((value as number) * dayMs, collection);
    case "binary":
      return (value) => new Binary(value as Uint8Array);
    default:
      return nestedWriter(type, driver, collection);
  }
}

/** Lists, maps and rows; what is left is written by the driver as it is. */
function nestedWriter(type: DataType, driver: MongodbDriver, collection: string): ToBson {
  switch (type.kind) {
    case "list": {
      const item = bsonWriter(type.item, driver, collection);
      return (value) => (value as unknown[]).map(item);
    }
    case "map": {
      const member = bsonWriter(type.value, driver, collection);
      return (value) =>
        new Map(Object.entries(value as object).map(([name, each]) => [name, member(each)]));
    }
    case "row": {
      const members = type.fields.map(
        (field) => [field.name, bsonWriter(field.type, driver, collection)] as const,
      );
      return (value) =>
        new Map(
          members.map(([name, write]) => [name, write((value as Record<string, unknown>)[name])]),
        );
    }
    default:
      return (value) => value;
  }
}

function dateOf(ms: number, collection: string): Date {
  if (Math.abs(ms) <= dateMsMax) return new Date(ms);
  const problem = `${ms} ms is beyond what a date holds`;
  throw millraceError("STORE_ROW_REFUSED", { store: "MongoDB", table: collection, problem });
}
