import { type DataType, Decimal, isInteger } from "@millrace/core";
import { overflowError } from "./expression-error.ts";
import type { CallExpression } from "./call-expression.ts";
import { integerModulo, integerQuotient, roundHalfAway, signOf } from "./number-functions.ts";

/** Whether numbers of the type must be whole and within ±2^53. */
export function isWholeType(type: DataType): boolean {
  return isInteger(type) || type.kind === "timestamp" || type.kind === "duration";
}

/** A result that must be a whole number within ±2^53 where the call's type says so. */
export function checkInteger(value: number, call: CallExpression): number {
  if (!isWholeType(call.type)) return value;
  if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) throw overflowError(call);
  return value + 0;
}

function checkBigint(value: bigint, call: CallExpression): bigint {
  const isUnsigned = call.type.kind === "uint64";
  const wrapped = isUnsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
  if (wrapped !== value) throw overflowError(call);
  return value;
}

function checkDecimal(value: Decimal, call: CallExpression): Decimal {
  if (call.type.kind !== "decimal") return value;
  const { scale, precision } = call.type;
  const shift = 10n ** BigInt(Math.abs(scale - value.scale));
  const unscaled = scale >= value.scale ? value.unscaled * shift : value.unscaled / shift;
  const bound = 10n ** BigInt(precision);
  if (unscaled >= bound || unscaled <= -bound) throw overflowError(call);
  return new Decimal(unscaled, scale);
}

interface Operation {
  readonly number: (left: number, right: number) => number;
  readonly bigint: (left: bigint, right: bigint) => bigint;
  readonly decimal: (left: Decimal, right: Decimal) => Decimal;
}

function onOneScale(combine: (left: bigint, right: bigint) => bigint): Operation["decimal"] {
  return (left, right) => {
    const scale = Math.max(left.scale, right.scale);
    return new Decimal(
      combine(left.withScale(scale).unscaled, right.withScale(scale).unscaled),
      scale,
    );
  };
}

const operations = {
  add: { number: (a, b) => a + b, bigint: (a, b) => a + b, decimal: onOneScale((a, b) => a + b) },
  subtract: {
    number: (a, b) => a - b,
    bigint: (a, b) => a - b,
    decimal: onOneScale((a, b) => a - b),
  },
  multiply: {
    number: (a, b) => a * b,
    bigint: (a, b) => a * b,
    decimal: (a, b) => new Decimal(a.unscaled * b.unscaled, a.scale + b.scale),
  },
} satisfies Record<string, Operation>;

function decimalOf(value: unknown): Decimal {
  if (value instanceof Decimal) return value;
  return typeof value === "bigint" ? new Decimal(value, 0) : Decimal.parse(String(value));
}

function numberOf(value: unknown): number {
  return value instanceof Decimal ? value.toNumber() : Number(value);
}

/** add, subtract, multiply by the kind of the call's type. */
export function arithmetic(
  name: "add" | "subtract" | "multiply",
  [left, right]: readonly unknown[],
  call: CallExpression,
): unknown {
  const operation: Operation = operations[name];
  if (call.type.kind === "decimal") {
    return checkDecimal(operation.decimal(decimalOf(left), decimalOf(right)), call);
  }
  if (isBigintType(call)) {
    return checkBigint(operation.bigint(bigintOf(left), bigintOf(right)), call);
  }
  return checkInteger(operation.number(numberOf(left), numberOf(right)), call);
}

function isBigintType(call: CallExpression): boolean {
  const { type } = call;
  return (
    ("as" in type && type.as === "bigint") || (type.kind === "timestamp" && type.unit !== "ms")
  );
}

function bigintOf(value: unknown): bigint {
  return BigInt(value as number);
}

/** divide: always float64. */
export function divide([left, right]: readonly unknown[]): number {
  return numberOf(left) / numberOf(right);
}

/** divideInteger: cut towards zero; null where the divisor is 0. */
export function divideInteger([left, right]: readonly unknown[], call: CallExpression): unknown {
  if (isBigintType(call)) {
    const divisor = bigintOf(right);
    return divisor === 0n ? null : checkBigint(bigintOf(left) / divisor, call);
  }
  const divisor = numberOf(right);
  return divisor === 0 ? null : checkInteger(integerQuotient(numberOf(left), divisor), call);
}

/** modulo: integers by 0 are null. */
export function modulo([left, right]: readonly unknown[], call: CallExpression): unknown {
  if (isBigintType(call)) {
    const divisor = bigintOf(right);
    return divisor === 0n ? null : bigintOf(left) % divisor;
  }
  const a = numberOf(left);
  const b = numberOf(right);
  if (!isInteger(call.type)) return a % b;
  return b === 0 ? null : checkInteger(integerModulo(a, b), call);
}

/** negate, abs, sign and the roundings by the kind of the value. */
export function unaryArithmetic(
  name: "negate" | "abs" | "sign" | "floor" | "ceil" | "round",
  values: readonly unknown[],
  call: CallExpression,
): unknown {
  const value = values[0];
  if (value instanceof Decimal) return unaryDecimal(name, value, Number(values[1] ?? 0), call);
  if (typeof value === "bigint") return unaryBigint(name, value, call);
  return checkInteger(unaryNumber(name, value as number, Number(values[1] ?? 0)), call);
}

function unaryNumber(name: string, value: number, digits: number): number {
  switch (name) {
    case "negate":
      return -value;
    case "abs":
      return Math.abs(value);
    case "sign":
      return signOf(value);
    case "floor":
      return Math.floor(value);
    case "ceil":
      return Math.ceil(value);
    default:
      return roundHalfAway(value, digits);
  }
}

function unaryBigint(name: string, value: bigint, call: CallExpression): unknown {
  if (name === "negate") return checkBigint(-value, call);
  if (name === "abs") return checkBigint(value < 0n ? -value : value, call);
  if (name !== "sign") return value;
  const sign = value > 0n ? 1 : value < 0n ? -1 : 0;
  return isBigintType(call) ? BigInt(sign) : sign;
}

function unaryDecimal(name: string, value: Decimal, digits: number, call: CallExpression): unknown {
  const { unscaled, scale } = value;
  const magnitude = unscaled < 0n ? -unscaled : unscaled;
  if (name === "negate") return checkDecimal(new Decimal(-unscaled, scale), call);
  if (name === "abs") return checkDecimal(new Decimal(magnitude, scale), call);
  if (name === "sign") {
    const sign = unscaled > 0n ? 1 : unscaled < 0n ? -1 : 0;
    return call.type.kind === "decimal" ? checkDecimal(new Decimal(BigInt(sign), 0), call) : sign;
  }
  return wholeOf(
    checkDecimal(roundDecimal(name, value, name === "round" ? digits : 0), call),
    call,
  );
}

function roundDecimal(name: string, value: Decimal, digits: number): Decimal {
  if (digits >= value.scale) return value;
  const unit = 10n ** BigInt(value.scale - digits);
  const { unscaled } = value;
  const rest = ((unscaled % unit) + unit) % unit;
  const floor = unscaled - rest;
  if (name === "floor" || rest === 0n) return new Decimal(floor, value.scale);
  if (name === "ceil") return new Decimal(floor + unit, value.scale);
  const isUp = unscaled < 0n ? rest * 2n > unit : rest * 2n >= unit;
  return new Decimal(isUp ? floor + unit : floor, value.scale);
}

function wholeOf(value: Decimal, call: CallExpression): unknown {
  return call.type.kind === "decimal" ? value : checkInteger(value.toNumber(), call);
}
