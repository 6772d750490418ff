import { Decimal } from "@millrace/core";
import { compareText } from "./text-functions.ts";

/** Compares plain values of comparable types; NaN where they have no order (a NaN among them). */
export function compareValues(left: unknown, right: unknown): number {
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (left instanceof Decimal || right instanceof Decimal) return compareDecimals(left, right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  if (typeof left === "object" || typeof right === "object") {
    return compareText(JSON.stringify(left), JSON.stringify(right));
  }
  const a = left as number;
  const b = right as number;
  if (a < b) return -1;
  if (a > b) return 1;
  // Neither is less: equal (a bigint may equal a number), unless one of them is NaN.
  return Number.isNaN(a) || Number.isNaN(b) ? NaN : 0;
}

function compareDecimals(left: unknown, right: unknown): number {
  if (typeof left === "number" || typeof right === "number") {
    return compareValues(numberOf(left), numberOf(right));
  }
  const a = decimalOf(left);
  const b = decimalOf(right);
  const scale = Math.max(a.scale, b.scale);
  return compareValues(a.withScale(scale).unscaled, b.withScale(scale).unscaled);
}

function numberOf(value: unknown): number {
  return value instanceof Decimal ? value.toNumber() : Number(value);
}

function decimalOf(value: unknown): Decimal {
  return value instanceof Decimal ? value : new Decimal(value as bigint, 0);
}
