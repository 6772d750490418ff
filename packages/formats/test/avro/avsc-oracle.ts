import type { DataType, Decimal, Json } from "@millrace/core";
import avsc from "avsc";

const longType = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

/** What avsc makes of a schema, with longs as bigints and without logical types. */
export function avscType(schema: Json): avsc.Type {
  return avsc.Type.forSchema(bare(schema) as avsc.Schema, {
    registry: { long: longType },
    wrapUnions: "never",
  });
}

/** avsc takes a type from its registry only where it is a mere name. */
function bare(schema: Json): Json {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return (schema as readonly Json[]).map(bare);
  const { type, logicalType, ...rest } = schema as { readonly [key: string]: Json };
  if (logicalType !== undefined && type !== "fixed") return type!;
  const entries = Object.entries({ type: type!, ...rest });
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === "default" ? value : bare(value)]),
  );
}

/** A plain value of a column as avsc holds the value of the column's Avro type. */
export function toAvsc(type: DataType, value: unknown): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case "int64":
    case "uint64":
    case "uint32":
    case "duration":
    case "timestamp":
      return BigInt(value as number);
    case "binary":
      return Buffer.from(value as Uint8Array);
    case "decimal":
      return bytesOf((value as Decimal).unscaled);
    case "json":
      return JSON.stringify(value);
    case "list":
      return (value as unknown[]).map((item) => toAvsc(type.item, item));
    case "map":
      return Object.fromEntries(
        Object.entries(value as object).map(([key, v]) => [key, toAvsc(type.value, v)]),
      );
    case "row":
      return Object.fromEntries(
        type.fields.map((f) => [
          f.name,
          toAvsc(f.type, (value as Record<string, unknown>)[f.name]),
        ]),
      );
    default:
      return value;
  }
}

/** The shortest big-endian two's complement. */
function bytesOf(value: bigint): Buffer {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  return Buffer.from(
    BigInt.asUintN(size * 8, value)
      .toString(16)
      .padStart(size * 2, "0"),
    "hex",
  );
}
