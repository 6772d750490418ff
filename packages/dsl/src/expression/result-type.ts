import { type DataType, formatDataType, isInteger, isNumeric, withNullable } from "@millrace/core";
import type { Expression } from "@millrace/plan";
import { unknownType } from "./literal.ts";
import { currentStep, reportProblem } from "./scope.ts";

/** 64-bit integer as number. */
export const int64Type: DataType = { kind: "int64", as: "number", nullable: false };
/** float64, not nullable. */
export const float64Type: DataType = { kind: "float64", nullable: false };
/** boolean, not nullable. */
export const booleanType: DataType = { kind: "boolean", nullable: false };
/** utf8, not nullable. */
export const utf8Type: DataType = { kind: "utf8", nullable: false };
/** int32, not nullable. */
export const int32Type: DataType = { kind: "int32", nullable: false };

/** Whether any of the values may be null. */
export function isAnyNullable(operands: readonly Expression[]): boolean {
  return operands.some((operand) => operand.type.nullable);
}

/** Whether one of the types could not be known: then nothing more is said of them. */
export function isAnyUnknown(types: readonly DataType[]): boolean {
  return types.some((type) => type === unknownType);
}

function isBigint(type: DataType): boolean {
  return (type.kind === "int64" || type.kind === "uint64") && type.as === "bigint";
}

function isFloat(type: DataType): boolean {
  return type.kind === "float32" || type.kind === "float64";
}

/**
 * Reports that a step expected something else; gives the type that stands for what is not known.
 */
export function mismatch(expected: string, actual: DataType): DataType {
  const step = currentStep();
  reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: formatDataType(actual) });
  return unknownType;
}

/** Checks that a value is of one of the kinds, described by `expected`. */
export function expectKind(
  type: DataType,
  kinds: readonly DataType["kind"][],
  expected: string,
): boolean {
  if (type === unknownType || kinds.includes(type.kind)) return true;
  mismatch(expected, type);
  return false;
}

/** Checks that a value is a number of any kind. */
export function expectNumeric(type: DataType): boolean {
  if (type === unknownType || isNumeric(type)) return true;
  mismatch("a number", type);
  return false;
}

function decimalResult(
  operation: "add" | "subtract" | "multiply",
  left: DataType & { kind: "decimal" },
  right: DataType & { kind: "decimal" },
): DataType {
  if (operation === "multiply") {
    const scale = left.scale + right.scale;
    const precision = Math.min(38, left.precision + right.precision);
    return { kind: "decimal", precision, scale: Math.min(scale, precision), nullable: false };
  }
  const scale = Math.max(left.scale, right.scale);
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale);
  return { kind: "decimal", precision: Math.min(38, whole + scale + 1), scale, nullable: false };
}

function asDecimal(type: DataType): (DataType & { kind: "decimal" }) | undefined {
  if (type.kind === "decimal") return type;
  return isInteger(type) && !isBigint(type)
    ? { kind: "decimal", precision: 19, scale: 0, nullable: false }
    : undefined;
}

/**
 * The type, without null, of arithmetic over two numbers; reports operands that do not go together.
 */
export function arithmeticType(
  operation: "add" | "subtract" | "multiply" | "modulo",
  left: DataType,
  right: DataType,
): DataType {
  if (isAnyUnknown([left, right])) return unknownType;
  if (!isNumeric(left)) return mismatch("a number", left);
  if (!isNumeric(right)) return mismatch("a number", right);
  if (isFloat(left) || isFloat(right)) return float64Type;
  if (left.kind === "decimal" || right.kind === "decimal") {
    const [a, b] = [asDecimal(left), asDecimal(right)];
    if (operation === "modulo") return mismatch("an integer or a float", left);
    if (a !== undefined && b !== undefined) return decimalResult(operation, a, b);
    return mismatch(formatDataType(left), right);
  }
  if (isBigint(left) !== isBigint(right)) return mismatch(formatDataType(left), right);
  return isBigint(left) ? { kind: "int64", as: "bigint", nullable: false } : int64Type;
}

/** Like `arithmeticType`, but reports a float beside a decimal, which would not stay exact. */
export function exactType(
  operation: "add" | "subtract" | "multiply",
  left: DataType,
  right: DataType,
): DataType {
  const [float] = [left, right].filter(isFloat);
  const hasDecimal = left.kind === "decimal" || right.kind === "decimal";
  if (float !== undefined && hasDecimal) {
    return mismatch("an integer or a decimal beside a decimal", float);
  }
  return arithmeticType(operation, left, right);
}

/** The type, without null, of a whole division; reports what is not a whole number. */
export function wholeType(left: DataType, right: DataType): DataType {
  for (const type of [left, right]) {
    if (type !== unknownType && !isInteger(type)) return mismatch("an integer", type);
  }
  return arithmeticType("modulo", left, right);
}

/** The type, without null, of `negate`, `abs`, `round`, `floor`, `ceil`, `sign`. */
export function roundedType(type: DataType): DataType {
  if (type === unknownType) return unknownType;
  if (!isNumeric(type)) return mismatch("a number", type);
  if (isFloat(type)) return float64Type;
  if (type.kind === "decimal") return withNullable(type, false);
  return isBigint(type) ? { kind: "int64", as: "bigint", nullable: false } : int64Type;
}

function isText(type: DataType): boolean {
  return type.kind === "utf8" || type.kind === "enum";
}

/** Whether two types may be compared with each other. */
export function isComparable(left: DataType, right: DataType): boolean {
  if (isAnyUnknown([left, right])) return true;
  if (isNumeric(left) && isNumeric(right)) return isBigint(left) === isBigint(right);
  if (isText(left) && isText(right)) return true;
  const durations = [left, right].filter((type) => type.kind === "duration");
  if (durations.length === 1) return isInteger(left) || isInteger(right);
  return left.kind === right.kind;
}

/**
 * The type, without null, that holds the values of all; reports one that does not go with the
 * first.
 */
export function commonType(types: readonly DataType[]): DataType {
  const [first, ...rest] = types;
  if (first === undefined || isAnyUnknown(types)) return unknownType;
  let common = withNullable(first, false);
  for (const type of rest) {
    const plain = withNullable(type, false);
    if (formatDataType(plain) === formatDataType(common)) continue;
    if (isNumeric(plain) && isNumeric(common)) common = arithmeticType("add", common, plain);
    else if (isText(plain) && isText(common)) common = utf8Type;
    else return mismatch(formatDataType(common), type);
  }
  return common;
}
