import { type DataType, Decimal } from "@millrace/core";
import { FieldProblem, missingField, nullField, wrongType } from "./field-problem.ts";
import { parseIsoDate, parseIsoTime } from "./iso-time.ts";

/**
 * A parsed JSON value → the plain value of a column (see `t`), or a `FieldProblem`.
 *
 * Timestamps are ISO 8601 text (no zone is UTC; digits beyond the unit are cut off, towards the
 * past) or whole numbers of the unit; binary is base64; decimal is text, or a number of at most 15
 * digits; a 64-bit column `as: "bigint"`, and a `us` or `ns` timestamp, may also be digits in text.
 */
export function fromJson(type: DataType, value: unknown, name: string): unknown {
  if (value === null) {
    // Null is also a JSON text, but a column's null says it better.
    return type.nullable ? null : nullField(name);
  }
  const plain = presentValue(type, value, name);
  return plain === undefined ? wrongType(name, type, value) : plain;
}

/** Undefined stands for "does not fit". */
function presentValue(type: DataType, value: unknown, name: string): unknown {
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "int64":
    case "uint64":
      return wideInteger(type.kind === "uint64", type.as === "bigint", value);
    case "float32":
    case "float64":
      return typeof value === "number" ? value : undefined;
    case "decimal":
      return decimalValue(type.precision, type.scale, value);
    case "utf8":
      return typeof value === "string" ? value : undefined;
    case "enum":
      return type.values.includes(value as string) ? value : undefined;
    case "json":
      return value;
    case "binary":
      return base64Bytes(value);
    case "date":
      return typeof value === "string" ? parseIsoDate(value) : undefined;
    case "timestamp":
      return timestampValue(type.unit, value);
    case "duration":
      return Number.isSafeInteger(value) ? value : undefined;
    case "list":
      return Array.isArray(value) ? listValue(type.item, value, name) : undefined;
    case "row":
      return isObject(value) ? rowValue(type, value, name) : undefined;
    case "map":
      return isObject(value) ? mapValue(type.value, value, name) : undefined;
    default:
      return narrowInteger(type.kind, value);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function narrowInteger(kind: string, value: unknown): number | undefined {
  const [low, high] = integerRange(kind);
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= high
    ? (value as number)
    : undefined;
}

/** Least and greatest value of an integer kind of at most 32 bits. */
export function integerRange(kind: string): readonly [low: number, high: number] {
  const size = 2 ** Number(/\d+$/.exec(kind)?.[0] ?? 32);
  return kind.startsWith("u") ? [0, size - 1] : [-size / 2, size / 2 - 1];
}

function wideInteger(isUnsigned: boolean, isBigint: boolean, value: unknown): unknown {
  if (Number.isSafeInteger(value)) {
    if (isUnsigned && (value as number) < 0) return undefined;
    return isBigint ? BigInt(value as number) : value;
  }
  return isBigint ? wideDigits(isUnsigned, value) : undefined;
}

function wideDigits(isUnsigned: boolean, value: unknown): bigint | undefined {
  if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) return undefined;
  const whole = BigInt(value);
  const fits = isUnsigned
    ? BigInt.asUintN(64, whole) === whole
    : BigInt.asIntN(64, whole) === whole;
  return fits ? whole : undefined;
}

function decimalValue(precision: number, scale: number, value: unknown): Decimal | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(String(value));
  if (match === null || (typeof value === "string" && match[4] !== undefined)) return undefined;
  const digits = `${match[2]}${match[3] ?? ""}`;
  // A float64 keeps 15 digits of any number; one with more may not be what the producer wrote.
  if (typeof value === "number" && digits.replace(/^0+/, "").length > 15) return undefined;
  if (digits.length > 100) return undefined;
  const cut = (match[3]?.length ?? 0) - Number(match[4] ?? 0);
  let unscaled = BigInt(`${match[1] === "-" ? "-" : ""}${digits}`);
  if (cut <= scale) unscaled *= 10n ** BigInt(scale - cut);
  else {
    const divisor = 10n ** BigInt(cut - scale);
    if (unscaled % divisor !== 0n) return undefined;
    unscaled /= divisor;
  }
  const bound = 10n ** BigInt(precision);
  return unscaled < bound && unscaled > -bound ? new Decimal(unscaled, scale) : undefined;
}

function base64Bytes(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return undefined;
  if (value.length % 4 !== 0) return undefined;
  return new Uint8Array(Buffer.from(value, "base64"));
}

function timestampValue(unit: "ms" | "us" | "ns", value: unknown): unknown {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) return undefined;
    return unit === "ms" ? value : BigInt(value);
  }
  if (typeof value !== "string") return undefined;
  if (unit !== "ms" && /^-?\d+$/.test(value)) return wideDigits(false, value);
  const time = parseIsoTime(value);
  if (time === undefined) return undefined;
  // Years beyond 287396 are more milliseconds than a number holds exactly.
  if (unit === "ms") return Number.isSafeInteger(time.ms) ? time.ms : undefined;
  const whole =
    unit === "us"
      ? BigInt(time.ms) * 1000n + BigInt(Math.floor(time.nanos / 1000))
      : BigInt(time.ms) * 1_000_000n + BigInt(time.nanos);
  return BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

function listValue(item: DataType, values: readonly unknown[], name: string): unknown {
  const items: unknown[] = [];
  for (const value of values) {
    const plain = fromJson(item, value, `${name}[]`);
    if (plain instanceof FieldProblem) return plain;
    items.push(plain);
  }
  return items;
}

function rowValue(
  type: DataType & { kind: "row" },
  value: Record<string, unknown>,
  name: string,
): unknown {
  const entries: [string, unknown][] = [];
  for (const field of type.fields) {
    const path = `${name}.${field.name}`;
    const plain = memberFromJson(field.type, value, field.name, path);
    if (plain instanceof FieldProblem) return plain;
    entries.push([field.name, plain]);
  }
  return Object.fromEntries(entries);
}

function mapValue(type: DataType, value: Record<string, unknown>, name: string): unknown {
  const entries: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    const plain = fromJson(type, member, `${name}{}`);
    if (plain instanceof FieldProblem) return plain;
    entries.push([key, plain]);
  }
  return Object.fromEntries(entries);
}

/** A member of a parsed object → its plain value; an absent one is null where that is allowed. */
export function memberFromJson(
  type: DataType,
  object: Record<string, unknown>,
  member: string,
  path: string,
): unknown {
  if (!Object.hasOwn(object, member)) return type.nullable ? null : missingField(path);
  return fromJson(type, object[member], path);
}
