import {
  type ColumnType,
  type DataType,
  Decimal,
  formatDataType,
  type Json,
  quote,
  withNullable,
} from "@millrace/core";
import type { Expression } from "@millrace/plan";
import { currentStep, reportProblem } from "./scope.ts";

/**
 * What stands for the type where it could not be known; checks pass over it. Recognised by
 * identity.
 */
export const unknownType: DataType = { kind: "json", nullable: true };

/** A literal that no check complains about, for going on after a problem. */
export const unknownLiteral: Expression = { kind: "literal", value: null, type: unknownType };

function fitsInteger(type: DataType, value: number): boolean {
  switch (type.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32": {
      const bits = Number(type.kind.replace(/\D/g, ""));
      const isSigned = type.kind.startsWith("i");
      const low = isSigned ? -(2 ** (bits - 1)) : 0;
      return value >= low && value < low + 2 ** bits;
    }
    default:
      return type.kind !== "uint64" || value >= 0;
  }
}

function decimalLiteral(value: unknown): Expression | undefined {
  let parsed: Decimal;
  try {
    parsed = value instanceof Decimal ? value : Decimal.parse(String(value));
  } catch (error) {
    // Not a decimal number: the caller reports the mismatch with the value.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const digits = parsed.toString().replace(/\D/g, "").length;
  const type: DataType = {
    kind: "decimal",
    precision: Math.max(digits, parsed.scale, 1),
    scale: parsed.scale,
    nullable: false,
  };
  return { kind: "literal", value: parsed.toString(), type };
}

function timeLiteral(value: unknown, type: DataType): Json | undefined {
  if (type.kind === "timestamp" && type.unit !== "ms") {
    if (typeof value === "bigint") return value.toString();
    const ms = typeof value === "string" ? Date.parse(value) : value;
    if (typeof ms !== "number" || !Number.isSafeInteger(ms)) return undefined;
    return (BigInt(ms) * (type.unit === "us" ? 1_000n : 1_000_000n)).toString();
  }
  const ms = typeof value === "string" ? Date.parse(value) : value;
  if (typeof ms !== "number" || !Number.isSafeInteger(ms)) return undefined;
  const isDayText = type.kind === "date" && typeof value === "string";
  return isDayText ? Math.floor(ms / 86_400_000) : ms;
}

function base64(bytes: Uint8Array): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const bits = (a << 16) | (b << 8) | c;
    for (let k = 0; k < 4; k++) text += alphabet[(bits >> (18 - 6 * k)) & 63];
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  return missing === 0 ? text : text.slice(0, -missing) + "=".repeat(missing);
}

/** The literal's JSON form as a value of the type; undefined where it is not one. */
export function literalValue(value: unknown, type: DataType): Json | undefined {
  if (value === null) return type.nullable ? null : undefined;
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "float32":
    case "float64":
      return typeof value === "number" ? value : undefined;
    case "utf8":
      return typeof value === "string" ? value : undefined;
    case "enum":
      return typeof value === "string" && type.values.includes(value) ? value : undefined;
    case "binary":
      return value instanceof Uint8Array ? base64(value) : undefined;
    case "date":
    case "timestamp":
      return timeLiteral(value, type);
    case "duration":
      return Number.isSafeInteger(value) ? (value as number) : undefined;
    case "decimal": {
      const literal = decimalLiteral(value);
      return literal?.kind === "literal" ? literal.value : undefined;
    }
    case "json":
      return value as Json;
    case "list":
      return listValue(value, type.item);
    case "row":
      return rowValue(value, type);
    case "map":
      return mapValue(value, type.value);
    default:
      return integerValue(value, type);
  }
}

function integerValue(value: unknown, type: DataType): Json | undefined {
  const isBigint = (type.kind === "int64" || type.kind === "uint64") && type.as === "bigint";
  if (isBigint) {
    return typeof value === "bigint" || Number.isSafeInteger(value) ? String(value) : undefined;
  }
  const isWhole = typeof value === "number" && Number.isSafeInteger(value);
  return isWhole && fitsInteger(type, value) ? value : undefined;
}

function listValue(value: unknown, item: DataType): Json | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map((element: unknown) => literalValue(element, item));
  return items.every((element) => element !== undefined) ? items : undefined;
}

function rowValue(value: unknown, type: DataType & { kind: "row" }): Json | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const given = value as Record<string, unknown>;
  const entries = type.fields.map((f) => [f.name, literalValue(given[f.name], f.type)] as const);
  if (entries.some(([, member]) => member === undefined)) return undefined;
  return Object.fromEntries(entries) as Json;
}

function mapValue(value: unknown, item: DataType): Json | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const entries = Object.entries(value).map(([k, v]) => [k, literalValue(v, item)] as const);
  if (entries.some(([, member]) => member === undefined)) return undefined;
  return Object.fromEntries(entries) as Json;
}

/** The type that a plain value has on its own. */
function ownType(value: unknown): DataType | undefined {
  const nullable = false;
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value)
        ? { kind: "int64", as: "number", nullable }
        : { kind: "float64", nullable };
    case "string":
      return { kind: "utf8", nullable };
    case "boolean":
      return { kind: "boolean", nullable };
    case "bigint":
      return { kind: "int64", as: "bigint", nullable };
    default:
      return value instanceof Uint8Array ? { kind: "binary", nullable } : undefined;
  }
}

/**
 * The type in which a plain value stands beside a peer: the peer's where the value is one, else its
 * own.
 */
function typeBeside(value: unknown, peer: DataType): DataType | undefined {
  if (value === null) return withNullable(peer, true);
  const plain = withNullable(peer, false);
  switch (plain.kind) {
    case "enum":
      return typeof value === "string" ? { kind: "utf8", nullable: false } : undefined;
    case "int64":
    case "uint64":
      if (plain.as === "bigint") return { kind: "int64", as: "bigint", nullable: false };
      return typeof value === "number" ? ownType(value) : undefined;
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32":
      return typeof value === "number" ? ownType(value) : undefined;
    default:
      return plain;
  }
}

/**
 * A plain value as a literal beside an operand of type `peer` (or alone, without one).
 *
 * Reports `PLAN_TYPE_MISMATCH` for a value that cannot stand there.
 */
export function literalBeside(value: unknown, peer: DataType | undefined): Expression {
  if (peer === unknownType) return unknownLiteral;
  if (peer?.kind === "decimal" || (peer === undefined && value instanceof Decimal)) {
    const literal = decimalLiteral(value);
    if (literal !== undefined) return literal;
  }
  const type = peer === undefined ? ownType(value) : typeBeside(value, peer);
  const json = type === undefined ? undefined : literalValue(value, type);
  if (type !== undefined && json !== undefined) return { kind: "literal", value: json, type };
  const expected = peer === undefined ? "a plain value" : formatDataType(peer);
  const actual = typeof value === "object" && value !== null ? "an object" : quote(value);
  reportProblem("PLAN_TYPE_MISMATCH", { step: currentStep(), expected, actual });
  return unknownLiteral;
}

/**
 * A plain value as a literal of exactly that type. Reports `PLAN_TYPE_MISMATCH` for another value.
 */
export function literalOf(value: unknown, type: ColumnType<unknown>): Expression {
  const json = literalValue(value, type.dataType);
  if (json !== undefined) return { kind: "literal", value: json, type: type.dataType };
  const expected = formatDataType(type.dataType);
  reportProblem("PLAN_TYPE_MISMATCH", { step: currentStep(), expected, actual: quote(value) });
  return unknownLiteral;
}
