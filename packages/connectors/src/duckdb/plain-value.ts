import type {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampValue,
} from "@duckdb/node-api";
import { type DataType, Decimal } from "@millrace/core";

type ReadValue = (value: unknown) => unknown;

/**
 * Turns the driver's value of a column (cast to its SQL type, not null) into Millrace's plain
 * value.
 */
export function plainValueReader(type: DataType): ReadValue {
  switch (type.kind) {
    case "int64":
    case "uint64":
      return type.as === "bigint" ? keep : Number;
    case "duration":
      return Number;
    case "decimal":
      return (value) => {
        const decimal = value as DuckDBDecimalValue;
        return new Decimal(decimal.value, decimal.scale);
      };
    case "date":
      return (value) => (value as DuckDBDateValue).days;
    case "timestamp":
      return timestampReader(type.unit);
    case "binary":
      return (value) => (value as DuckDBBlobValue).bytes;
    case "json":
      return (value) => JSON.parse(value as string) as unknown;
    case "list": {
      const item = orNull(plainValueReader(type.item));
      return (value) => (value as DuckDBListValue).items.map(item);
    }
    case "map": {
      const member = orNull(plainValueReader(type.value));
      return (value) =>
        Object.fromEntries(
          (value as DuckDBMapValue).entries.map((entry) => [entry.key, member(entry.value)]),
        );
    }
    case "row":
      return structReader(type);
    default:
      return keep;
  }
}

function keep(value: unknown): unknown {
  return value;
}

function orNull(read: ReadValue): ReadValue {
  return (value) => (value === null ? null : read(value));
}

function timestampReader(unit: "ms" | "us" | "ns"): ReadValue {
  if (unit === "ns") return (value) => (value as DuckDBTimestampNanosecondsValue).nanos;
  if (unit === "us") return (value) => (value as DuckDBTimestampValue).micros;
  // Below a millisecond there is nothing in a ms column; floor also for times before 1970.
  return (value) => {
    const { micros } = value as DuckDBTimestampValue;
    const below = ((micros % 1000n) + 1000n) % 1000n;
    return Number((micros - below) / 1000n);
  };
}

function structReader(type: DataType & { kind: "row" }): ReadValue {
  const members = type.fields.map(
    (field) => [field.name, orNull(plainValueReader(field.type))] as const,
  );
  return (value) => {
    const { entries } = value as DuckDBStructValue;
    return Object.fromEntries(members.map(([name, read]) => [name, read(entries[name])]));
  };
}
