import type { DataType } from "@millrace/core";
import type { FunctionName } from "@millrace/plan";
import { columnBuilder } from "../column/column-builder.ts";
import { hashColumns } from "../hash/hash-columns.ts";
import { datePart, truncateInstant } from "./calendar.ts";
import type { CallExpression } from "./call-expression.ts";
import { castFailed, castValue } from "./cast-value.ts";
import { compareValues } from "./compare-values.ts";
import { castError } from "./expression-error.ts";
import { formatInstantBy } from "./format-instant.ts";
import {
  arithmetic,
  checkInteger,
  divide,
  divideInteger,
  modulo,
  unaryArithmetic,
} from "./interpreted-arithmetic.ts";
import {
  codePointLength,
  patternOf,
  regexpExtract,
  splitPart,
  substringCodePoints,
} from "./text-functions.ts";

/** One function over plain values. */
export type PlainFunction = (values: readonly unknown[], call: CallExpression) => unknown;

/** Functions that see only some of their arguments, or nulls; `interpret` evaluates them itself. */
export type LazyFunctionName = "and" | "or" | "case" | "coalesce";

/** Functions that are called with nulls; for all others a null argument gives null. */
export const seesNulls: ReadonlySet<FunctionName> = new Set<FunctionName>([
  "isNull",
  "isNotNull",
  "nullIf",
  "least",
  "greatest",
  "hash",
]);

function numeric(apply: (left: number, right: number) => number): PlainFunction {
  return ([left, right]) => apply(Number(left), Number(right));
}

function comparison(test: (order: number) => boolean): PlainFunction {
  return ([left, right]) => test(compareValues(left, right));
}

function text(apply: (value: string, other: string) => unknown): PlainFunction {
  return ([value, other]) => apply(value as string, other as string);
}

function extreme(isBetter: (order: number) => boolean): PlainFunction {
  return (values) => {
    let best: unknown = null;
    for (const value of values) {
      if (value === null) continue;
      if (best === null || isBetter(compareValues(value, best))) best = value;
    }
    return best;
  };
}

function part(name: keyof typeof datePart): PlainFunction {
  return ([value], call) => datePart[name](millisecondsOf(value, call.arguments[0]!.type));
}

/**
 * Epoch milliseconds of a timestamp of any unit, or of a date; finer parts are cut off downwards.
 */
function millisecondsOf(value: unknown, type: DataType): number {
  if (type.kind === "date") return (value as number) * 86_400_000;
  if (typeof value !== "bigint") return value as number;
  const per = type.kind === "timestamp" && type.unit === "us" ? 1000n : 1_000_000n;
  const rest = ((value % per) + per) % per;
  return Number((value - rest) / per);
}

function bigintUnit(type: DataType): bigint {
  if (type.kind !== "timestamp" || type.unit === "ms") return 1n;
  return type.unit === "us" ? 1000n : 1_000_000n;
}

function cast(values: readonly unknown[], call: CallExpression): unknown {
  const result = castValue(values[0], call.arguments[0]!.type, call.type);
  if (result === castFailed) throw castError(call, values[0], call.type);
  return result;
}

function tryCast(values: readonly unknown[], call: CallExpression): unknown {
  const result = castValue(values[0], call.arguments[0]!.type, call.type);
  return result === castFailed ? null : result;
}

function hash(values: readonly unknown[], call: CallExpression): number {
  const builder = columnBuilder(call.arguments[0]!.type, 1);
  builder.append(values[0]);
  return hashColumns([builder.finish()], 1)[0]! | 0;
}

function truncateTo([value, unit]: readonly unknown[], call: CallExpression): unknown {
  const { type } = call.arguments[0]!;
  const ms = truncateInstant(millisecondsOf(value, type), unit as string);
  if (typeof value === "bigint") return BigInt(ms) * bigintUnit(type);
  return type.kind === "date" && call.type.kind === "date" ? Math.floor(ms / 86_400_000) : ms;
}

function plusDuration([value, duration]: readonly unknown[], call: CallExpression): unknown {
  if (typeof value === "bigint") {
    return BigInt.asIntN(64, value + BigInt(duration as number) * bigintUnit(call.type));
  }
  const { type } = call.arguments[0]!;
  const from = call.type.kind === "date" ? (value as number) * 86_400_000 : value;
  const base = type.kind === "date" ? millisecondsOf(value, type) : (from as number);
  const sum = base + (duration as number);
  return call.type.kind === "date" ? Math.floor(sum / 86_400_000) : checkInteger(sum, call);
}

function isIn([value, ...candidates]: readonly unknown[]): boolean {
  const list = candidates.length === 1 && Array.isArray(candidates[0]) ? candidates[0] : candidates;
  return list.some((candidate: unknown) => compareValues(value, candidate) === 0);
}

function item([list, index]: readonly unknown[]): unknown {
  return (list as readonly unknown[]).at(index as number) ?? null;
}

function memberOf([row, name]: readonly unknown[]): unknown {
  const members = row as Record<string, unknown>;
  return Object.hasOwn(members, name as string) ? (members[name as string] ?? null) : null;
}

/** Each function over plain values; see `functionNames` for the rules. */
export const plainFunctions: Readonly<
  Record<Exclude<FunctionName, LazyFunctionName>, PlainFunction>
> = {
  add: (values, call) => arithmetic("add", values, call),
  subtract: (values, call) => arithmetic("subtract", values, call),
  multiply: (values, call) => arithmetic("multiply", values, call),
  divide,
  divideInteger,
  modulo,
  negate: (values, call) => unaryArithmetic("negate", values, call),
  abs: (values, call) => unaryArithmetic("abs", values, call),
  sign: (values, call) => unaryArithmetic("sign", values, call),
  round: (values, call) => unaryArithmetic("round", values, call),
  floor: (values, call) => unaryArithmetic("floor", values, call),
  ceil: (values, call) => unaryArithmetic("ceil", values, call),
  sqrt: numeric((value) => Math.sqrt(value)),
  power: numeric((base, exponent) => Math.pow(base, exponent)),
  ln: numeric((value) => Math.log(value)),
  exp: numeric((value) => Math.exp(value)),
  least: extreme((order) => order < 0),
  greatest: extreme((order) => order > 0),
  eq: comparison((order) => order === 0),
  ne: comparison((order) => order !== 0),
  lt: comparison((order) => order < 0),
  lte: comparison((order) => order <= 0),
  gt: comparison((order) => order > 0),
  gte: comparison((order) => order >= 0),
  isIn,
  not: ([value]) => value === false,
  isNull: ([value]) => value === null,
  isNotNull: ([value]) => value !== null,
  nullIf: ([value, other]) => {
    if (value === null || other === null) return value;
    return compareValues(value, other) === 0 ? null : value;
  },
  isNaN: ([value]) => value !== value,
  concat: (values) => values.join(""),
  lower: text((value) => value.toLowerCase()),
  upper: text((value) => value.toUpperCase()),
  trim: text((value) => value.trim()),
  length: text(codePointLength),
  substring: ([value, start, length]) =>
    substringCodePoints(value as string, start as number, length as number | undefined),
  contains: text((value, part) => value.includes(part)),
  startsWith: text((value, start) => value.startsWith(start)),
  endsWith: text((value, end) => value.endsWith(end)),
  replace: ([value, from, to]) => (value as string).replaceAll(from as string, () => to as string),
  matches: text((value, pattern) => patternOf(pattern).test(value)),
  regexpExtract: ([value, pattern, group]) =>
    regexpExtract(value as string, pattern as string, group as number),
  splitPart: ([value, separator, index]) =>
    splitPart(value as string, separator as string, index as number),
  year: part("year"),
  month: part("month"),
  day: part("day"),
  hour: part("hour"),
  minute: part("minute"),
  second: part("second"),
  dayOfWeek: part("dayOfWeek"),
  dayOfYear: part("dayOfYear"),
  truncateTo,
  formatTime: ([value, pattern], call) =>
    formatInstantBy(millisecondsOf(value, call.arguments[0]!.type), pattern as string),
  plusDuration,
  millisecondsBetween: ([from, to], call) =>
    checkInteger(
      millisecondsOf(to, call.arguments[1]!.type) - millisecondsOf(from, call.arguments[0]!.type),
      call,
    ),
  cast,
  tryCast,
  field: memberOf,
  item,
  listLength: ([list]) => (list as readonly unknown[]).length,
  listContains: ([list, value]) =>
    (list as readonly unknown[]).some(
      (member) => member !== null && compareValues(member, value) === 0,
    ),
  mapValue: memberOf,
  hash,
};
