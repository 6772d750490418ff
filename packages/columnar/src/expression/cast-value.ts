import { type DataType, Decimal } from "@millrace/core";

/** What `castValue` gives for a value that does not fit. */
export const castFailed: unique symbol = Symbol("castFailed");

const dayMs = 86_400_000;
const unitsPerMs = { ms: 1n, us: 1000n, ns: 1_000_000n } as const;

/**
 * Turns a plain value, not null, into another type.
 *
 * Fractions are cut towards zero; text must be the whole of a value; times are UTC unless the text
 * says otherwise.
 */
export function castValue(value: unknown, from: DataType, to: DataType): unknown {
  switch (to.kind) {
    case "boolean":
      return castBoolean(value);
    case "float32": {
      const float = castFloat(value, from);
      return typeof float === "number" ? Math.fround(float) : float;
    }
    case "float64":
      return castFloat(value, from);
    case "decimal":
      return castDecimal(value, to.precision, to.scale);
    case "utf8":
    case "json":
      return castText(value, from);
    case "enum": {
      return to.values.includes(value as string) ? value : castFailed;
    }
    case "binary":
      if (typeof value === "string") return new Uint8Array(Buffer.from(value));
      return value instanceof Uint8Array ? value : castFailed;
    case "date":
      return castDate(value, from);
    case "timestamp":
      return castTimestamp(value, from, to.unit);
    case "list":
    case "row":
    case "map":
      return from.kind === to.kind ? value : castFailed;
    default:
      return castInteger(value, to);
  }
}

function castBoolean(value: unknown): unknown {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "false") return value === "true";
  if (typeof value === "number" && !Number.isNaN(value)) return value !== 0;
  if (typeof value === "bigint") return value !== 0n;
  return castFailed;
}

const numberText = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function castFloat(value: unknown, from: DataType): unknown {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Decimal) return value.toNumber();
  if (typeof value !== "string" || from.kind === "json") return castFailed;
  if (numberText.test(value)) return Number(value);
  return /^(NaN|[+-]?Infinity)$/.test(value) ? Number(value) : castFailed;
}

function castDecimal(value: unknown, precision: number, scale: number): unknown {
  const exact = decimalOf(value, scale);
  if (exact === undefined) return castFailed;
  const divisor = 10n ** BigInt(Math.max(0, exact.scale - scale));
  const factor = 10n ** BigInt(Math.max(0, scale - exact.scale));
  const unscaled = (exact.unscaled * factor) / divisor;
  const bound = 10n ** BigInt(precision);
  return unscaled < bound && unscaled > -bound ? new Decimal(unscaled, scale) : castFailed;
}

function decimalOf(value: unknown, scale: number): Decimal | undefined {
  if (value instanceof Decimal) return value;
  if (typeof value === "bigint") return new Decimal(value, 0);
  if (typeof value === "number") {
    if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return undefined;
    return Decimal.parse(value.toFixed(Math.min(scale, 100)));
  }
  if (typeof value === "string" && /^[+-]?\d+(\.\d+)?$/.test(value)) return Decimal.parse(value);
  return undefined;
}

function castText(value: unknown, from: DataType): unknown {
  if (from.kind === "json") return JSON.stringify(value);
  if (typeof value === "string") return value;
  if (from.kind === "date") return isoOf((value as number) * dayMs)?.slice(0, 10) ?? castFailed;
  if (from.kind === "timestamp") {
    const ms = from.unit === "ms" ? (value as number) : floorDivide(value as bigint, from.unit);
    return isoOf(ms) ?? castFailed;
  }
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value).toString("utf8");
    return Buffer.from(text).equals(value) ? text : castFailed;
  }
  if (value instanceof Decimal) return value.toString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isoOf(ms: number): string | undefined {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;
}

function floorDivide(value: bigint, unit: "us" | "ns"): number {
  const per = unitsPerMs[unit];
  const quotient = value / per;
  return Number(value % per < 0n ? quotient - 1n : quotient);
}

function castDate(value: unknown, from: DataType): unknown {
  if (from.kind === "timestamp") {
    const ms = from.unit === "ms" ? (value as number) : floorDivide(value as bigint, from.unit);
    return Math.floor(ms / dayMs);
  }
  if (typeof value === "string") {
    if (!/^\d{4}-\d\d-\d\d$/.test(value)) return castFailed;
    const ms = Date.parse(value);
    if (Number.isNaN(ms) || isoOf(ms)?.slice(0, 10) !== value) return castFailed;
    return ms / dayMs;
  }
  return castInteger(value, { kind: "int32", nullable: false });
}

const instantText = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

function castTimestamp(value: unknown, from: DataType, unit: "ms" | "us" | "ns"): unknown {
  if (from.kind === "timestamp" && from.unit === unit) return value;
  if (from.kind === "timestamp" && from.unit !== "ms") {
    if (unit === "ms") return floorDivide(value as bigint, from.unit);
    const raw = value as bigint;
    return unit === "ns" ? raw * 1000n : raw / 1000n - (raw % 1000n < 0n ? 1n : 0n);
  }
  const ms = instantOf(value, from);
  if (ms === undefined) return castFailed;
  return unit === "ms" ? ms : BigInt(ms) * unitsPerMs[unit];
}

function instantOf(value: unknown, from: DataType): number | undefined {
  if (from.kind === "date") return (value as number) * dayMs;
  if (typeof value === "number") {
    return Number.isSafeInteger(Math.trunc(value)) ? Math.trunc(value) + 0 : undefined;
  }
  if (typeof value !== "string") return undefined;
  const match = instantText.exec(value);
  if (match === null) return undefined;
  const hasTime = value.length > 10;
  const ms = Date.parse(hasTime && match[1] === undefined ? `${value.replace(" ", "T")}Z` : value);
  return Number.isNaN(ms) ? undefined : ms;
}

function castInteger(value: unknown, to: DataType): unknown {
  const exact = wholeOf(value);
  if (exact === undefined) return castFailed;
  if ("as" in to && to.as === "bigint") {
    const big = BigInt(exact);
    const wrapped = to.kind === "int64" ? BigInt.asIntN(64, big) : BigInt.asUintN(64, big);
    return wrapped === big ? big : castFailed;
  }
  const number = Number(exact);
  if (!Number.isSafeInteger(number)) return castFailed;
  const isUnsigned = to.kind.startsWith("u");
  if (isUnsigned && number < 0) return castFailed;
  const bits = Number(/\d+$/.exec(to.kind)?.[0] ?? 64);
  if (bits === 64) return number;
  const high = 2 ** (isUnsigned ? bits : bits - 1);
  return number < high && number >= (isUnsigned ? 0 : -high) ? number : castFailed;
}

function wholeOf(value: unknown): number | bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") {
    return Number.isFinite(value) ? Math.trunc(value) + 0 : undefined;
  }
  if (value instanceof Decimal) return value.unscaled / 10n ** BigInt(value.scale);
  if (typeof value === "string" && /^[+-]?\d+$/.test(value)) {
    return BigInt(value.startsWith("+") ? value.slice(1) : value);
  }
  return undefined;
}
