import { writeDecimalWords } from "@millrace/columnar";
import type { BinaryInput } from "./binary-input.ts";
import type { ValueColumn } from "./value-column.ts";

/** A whole number of so many bytes is exact as a number. */
const exactBytes = 6;
/** More bytes than any decimal of a column needs, leading ones included. */
const decimalBytesMax = 64;
const safeMax = Number.MAX_SAFE_INTEGER;
const int64Max = 2n ** 63n;

/**
 * Writes the time in `input`, times 1000^power, into the row; false when it does not fit. Digits
 * beyond the column's unit are cut off, towards the past.
 */
export function setScaledTime(
  column: ValueColumn,
  row: number,
  input: BinaryInput,
  power: number,
): boolean {
  const value = input.number;
  const factor = 1000 ** Math.abs(power);
  const scaled = power < 0 ? Math.floor(value / factor) : value * factor;
  if (Math.abs(value) <= safeMax && Math.abs(scaled) <= safeMax) {
    column.setWide(row, scaled);
    return true;
  }
  const whole = (BigInt(input.high) << 32n) | BigInt(input.low >>> 0);
  const exact = power < 0 ? floorDivide(whole, BigInt(factor)) : whole * BigInt(factor);
  if (exact >= int64Max || exact < -int64Max) return false;
  return column.setHalves(row, Number(exact & 0xffff_ffffn) | 0, Number(exact >> 32n));
}

/**
 * Writes a time of whole seconds and nanoseconds into the row; false when it does not fit. Digits
 * beyond the column's unit are cut off: towards the past, of a duration towards 0.
 */
export function setSecondsTime(
  column: ValueColumn,
  row: number,
  seconds: number,
  nanos: number,
): boolean {
  const { type } = column.field;
  const power = type.kind === "timestamp" && type.unit !== "ms" ? (type.unit === "us" ? 2 : 3) : 1;
  const perSecond = 1000 ** power;
  const beyond = Math.trunc(nanos / (1e9 / perSecond));
  const value = seconds * perSecond + beyond;
  if (Math.abs(value) <= safeMax && Math.abs(seconds * perSecond) <= safeMax) {
    column.setWide(row, value);
    return true;
  }
  if (Math.abs(seconds) > safeMax) return false;
  const exact = BigInt(seconds) * BigInt(perSecond) + BigInt(beyond);
  if (exact >= int64Max || exact < -int64Max) return false;
  return column.setHalves(row, Number(exact & 0xffff_ffffn) | 0, Number(exact >> 32n));
}

function floorDivide(value: bigint, by: bigint): bigint {
  const rest = value % by;
  return (value - rest) / by - (rest < 0n ? 1n : 0n);
}

/**
 * Writes the decimal in bytes [at, at + size), big-endian two's complement with `scale` digits of
 * fraction, into the row; false when it does not fit exactly.
 */
export function setDecimal(
  column: ValueColumn,
  row: number,
  bytes: Uint8Array,
  [at, size]: readonly [number, number],
  scale: number,
): boolean {
  if (size === 0 || size > decimalBytesMax) return false;
  const zeros = column.scale - scale;
  if (size > exactBytes || zeros < 0 || zeros > 15)
    return setBig(column, row, bytes, [at, size], zeros);
  let unscaled = (bytes[at]! << 24) >> 24;
  for (let i = at + 1; i < at + size; i++) unscaled = unscaled * 256 + bytes[i]!;
  unscaled *= 10 ** zeros;
  if (Math.abs(unscaled) > safeMax) return setBig(column, row, bytes, [at, size], zeros);
  if (Math.abs(unscaled) >= 10 ** column.precision) return false;
  column.setUnscaled(row, unscaled);
  return true;
}

function setBig(
  column: ValueColumn,
  row: number,
  bytes: Uint8Array,
  [at, size]: readonly [number, number],
  zeros: number,
): boolean {
  const hex = Buffer.from(bytes.subarray(at, at + size)).toString("hex");
  let unscaled = BigInt.asIntN(size * 8, BigInt(`0x${hex}`));
  if (zeros >= 0) unscaled *= 10n ** BigInt(zeros);
  else {
    const divisor = 10n ** BigInt(-zeros);
    if (unscaled % divisor !== 0n) return false;
    unscaled /= divisor;
  }
  const bound = 10n ** BigInt(column.precision);
  if (unscaled >= bound || unscaled <= -bound) return false;
  writeDecimalWords(column.words, row * 4, unscaled);
  return true;
}
