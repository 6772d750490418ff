import { type ColumnType, type DataType, isSameType, withNullable } from "@millrace/core";
import {
  type AggregateCall,
  allowsDistinct,
  type Expression,
  type FunctionName,
} from "@millrace/plan";
import {
  aggregateCallOf,
  aggregatePlaceholder,
  withFilteredType,
} from "../aggregate/placeholder.ts";
import { literalBeside, unknownType } from "./literal.ts";
import { checkedPattern, checkGroup, checkTimePattern } from "./literal-patterns.ts";
import {
  arithmeticType,
  booleanType,
  commonType,
  exactType,
  expectKind,
  expectNumeric,
  float64Type,
  int32Type,
  int64Type,
  isAnyNullable,
  isAnyUnknown,
  isComparable,
  mismatch,
  roundedType,
  wholeType,
  utf8Type,
} from "./result-type.ts";
import { currentStep, noteCreated, reportProblem } from "./scope.ts";
import { SortKeyValue } from "./sort-key-value.ts";
import type { TimeUnit } from "./expression-types.ts";

const brand = Symbol.for("millrace.expression");

/** Whether a value is an expression or an aggregate, of this or another copy of the package. */
export function isExpressionValue(value: unknown): value is ExpressionValue {
  return typeof value === "object" && value !== null && brand in value;
}

/** The expression of an operand; a plain value becomes a literal beside `peer`. */
export function operandOf(value: unknown, peer?: DataType): Expression {
  return isExpressionValue(value) ? value.expression : literalBeside(value, peer);
}

/** A call as a value that the user can go on with; `type` is given without null. */
export function callValue(
  name: FunctionName,
  operands: readonly Expression[],
  type: DataType,
  nullable: boolean = isAnyNullable(operands),
): ExpressionValue {
  const isUnknown = type === unknownType || isAnyUnknown(operands.map((o) => o.type));
  const resultType = isUnknown ? unknownType : withNullable(type, nullable);
  return new ExpressionValue({
    kind: "call",
    function: name,
    arguments: operands,
    type: resultType,
  });
}

function literal(value: string | number, type: DataType): Expression {
  return { kind: "literal", value, type };
}

/**
 * What stands behind every expression and every aggregate at run time.
 *
 * It has the methods of all types; the interfaces show those that suit, and each method checks its
 * operands again for callers without types.
 */
export class ExpressionValue {
  readonly expression: Expression;

  constructor(expression: Expression) {
    this.expression = expression;
    Object.defineProperty(this, brand, { value: true });
    noteCreated(expression);
  }

  get #type(): DataType {
    return this.expression.type;
  }

  #call(name: FunctionName, type: DataType, ...rest: Expression[]): ExpressionValue {
    return callValue(name, [this.expression, ...rest], type);
  }

  #arithmetic(name: "add" | "subtract" | "multiply", other: unknown): ExpressionValue {
    const right = operandOf(other, this.#peerForArithmetic(other));
    return this.#call(name, exactType(name, this.#type, right.type), right);
  }

  asc(): SortKeyValue {
    return new SortKeyValue(this.expression, false);
  }

  desc(): SortKeyValue {
    return new SortKeyValue(this.expression, true);
  }

  /** 2.5 beside an integer is a float, and not a mistake. */
  #peerForArithmetic(other: unknown): DataType {
    const isFraction = typeof other === "number" && !Number.isSafeInteger(other);
    return isFraction && this.#type.kind !== "decimal" ? float64Type : this.#type;
  }

  #float(name: FunctionName, ...rest: Expression[]): ExpressionValue {
    for (const operand of [this.expression, ...rest]) expectNumeric(operand.type);
    return this.#call(name, float64Type, ...rest);
  }

  #compare(name: "eq" | "ne" | "lt" | "lte" | "gt" | "gte", other: unknown): ExpressionValue {
    const right = operandOf(other, this.#peerForArithmetic(other));
    const fits = isComparable(this.#type, right.type);
    const type = fits ? booleanType : mismatch(describe(this.#type), right.type);
    return this.#call(name, type, right);
  }

  #text(name: FunctionName, type: DataType, ...rest: Expression[]): ExpressionValue {
    for (const operand of [this.expression, ...rest.filter((r) => r.type.kind !== "int64")]) {
      expectKind(operand.type, ["utf8", "enum"], "text");
    }
    return this.#call(name, type, ...rest);
  }

  #datePart(name: FunctionName): ExpressionValue {
    expectKind(this.#type, ["timestamp", "date"], "a timestamp or a date");
    return this.#call(name, int32Type);
  }

  plus(other: unknown): ExpressionValue {
    if (this.#type.kind === "timestamp") return this.#shift(other, false);
    return this.#arithmetic("add", other);
  }

  minus(other: unknown): ExpressionValue {
    if (this.#type.kind === "timestamp") return this.#shift(other, true);
    return this.#arithmetic("subtract", other);
  }

  #shift(other: unknown, isBack: boolean): ExpressionValue {
    const duration: DataType = { kind: "duration", nullable: false };
    if (!isExpressionValue(other)) {
      const span = typeof other === "number" && isBack ? -other : other;
      return this.#call("plusDuration", this.#type, literalBeside(span, duration));
    }
    const { expression } = other;
    expectKind(expression.type, ["duration"], "a duration");
    const span = isBack ? callValue("negate", [expression], duration).expression : expression;
    return this.#call("plusDuration", this.#type, span);
  }

  times(other: unknown): ExpressionValue {
    return this.#arithmetic("multiply", other);
  }

  dividedBy(other: unknown): ExpressionValue {
    return this.#float("divide", operandOf(other, this.#peerForArithmetic(other)));
  }

  modulo(other: unknown): ExpressionValue {
    const right = operandOf(other, this.#peerForArithmetic(other));
    const type = arithmeticType("modulo", this.#type, right.type);
    const isSafe =
      type.kind === "float64" ||
      (right.kind === "literal" && right.value !== 0 && right.value !== "0");
    const nullable = !isSafe || isAnyNullable([this.expression, right]);
    return callValue("modulo", [this.expression, right], type, nullable);
  }

  dividedToInteger(other: unknown): ExpressionValue {
    const right = operandOf(other, this.#type);
    const type = wholeType(this.#type, right.type);
    const isSafe = right.kind === "literal" && right.value !== 0 && right.value !== "0";
    const nullable = !isSafe || isAnyNullable([this.expression, right]);
    return callValue("divideInteger", [this.expression, right], type, nullable);
  }

  negate(): ExpressionValue {
    return this.#call("negate", roundedType(this.#type));
  }

  abs(): ExpressionValue {
    return this.#call("abs", roundedType(this.#type));
  }

  sign(): ExpressionValue {
    return this.#call("sign", roundedType(this.#type));
  }

  round(digits?: number): ExpressionValue {
    const rest = digits === undefined ? [] : [literal(digits, int64Type)];
    return this.#call("round", roundedType(this.#type), ...rest);
  }

  floor(): ExpressionValue {
    return this.#call("floor", roundedType(this.#type));
  }

  ceil(): ExpressionValue {
    return this.#call("ceil", roundedType(this.#type));
  }

  sqrt(): ExpressionValue {
    return this.#float("sqrt");
  }

  power(exponent: unknown): ExpressionValue {
    return this.#float("power", operandOf(exponent, this.#peerForArithmetic(exponent)));
  }

  ln(): ExpressionValue {
    return this.#float("ln");
  }

  exp(): ExpressionValue {
    return this.#float("exp");
  }

  isNaN(): ExpressionValue {
    expectNumeric(this.#type);
    return this.#call("isNaN", booleanType);
  }

  eq(other: unknown): ExpressionValue {
    return this.#compare("eq", other);
  }

  ne(other: unknown): ExpressionValue {
    return this.#compare("ne", other);
  }

  lt(other: unknown): ExpressionValue {
    return this.#compare("lt", other);
  }

  lte(other: unknown): ExpressionValue {
    return this.#compare("lte", other);
  }

  gt(other: unknown): ExpressionValue {
    return this.#compare("gt", other);
  }

  gte(other: unknown): ExpressionValue {
    return this.#compare("gte", other);
  }

  between(low: unknown, high: unknown): ExpressionValue {
    return this.gte(low).and(this.lte(high));
  }

  isIn(values: unknown): ExpressionValue {
    if (isExpressionValue(values)) {
      expectKind(values.expression.type, ["list"], "a list");
      return this.#call("isIn", booleanType, values.expression);
    }
    const choices = Array.isArray(values) ? values : [values];
    const literals = choices.map((v) => operandOf(v, this.#peerForArithmetic(v)));
    return callValue("isIn", [this.expression, ...literals], booleanType, this.#type.nullable);
  }

  #logic(name: "and" | "or", others: readonly unknown[]): ExpressionValue {
    const operands = [this.expression, ...others.map((other) => operandOf(other, booleanType))];
    for (const operand of operands) expectKind(operand.type, ["boolean"], "a condition");
    return callValue(name, operands, booleanType);
  }

  and(...others: unknown[]): ExpressionValue {
    return this.#logic("and", others);
  }

  or(...others: unknown[]): ExpressionValue {
    return this.#logic("or", others);
  }

  not(): ExpressionValue {
    expectKind(this.#type, ["boolean"], "a condition");
    return this.#call("not", booleanType);
  }

  isNull(): ExpressionValue {
    return callValue("isNull", [this.expression], booleanType, false);
  }

  isNotNull(): ExpressionValue {
    return callValue("isNotNull", [this.expression], booleanType, false);
  }

  orElse(fallback: unknown): ExpressionValue {
    const right = operandOf(fallback, this.#peerForArithmetic(fallback));
    const type = commonType([this.#type, right.type]);
    const nullable = this.#type.nullable && right.type.nullable;
    return callValue("coalesce", [this.expression, right], type, nullable);
  }

  nullIf(other: unknown): ExpressionValue {
    const right = operandOf(other, this.#peerForArithmetic(other));
    const fits = isComparable(this.#type, right.type);
    const type = fits ? this.#type : mismatch(describe(this.#type), right.type);
    return callValue("nullIf", [this.expression, right], type, true);
  }

  cast(target: ColumnType<unknown>): ExpressionValue {
    const nullable = this.#type.nullable || target.dataType.nullable;
    // A value that is of the type already stays what it is.
    if (isSameType(this.#type, withNullable(target.dataType, nullable))) return this;
    return callValue("cast", [this.expression], target.dataType, nullable);
  }

  tryCast(target: ColumnType<unknown>): ExpressionValue {
    return callValue("tryCast", [this.expression], target.dataType, true);
  }

  hash(): ExpressionValue {
    return callValue("hash", [this.expression], int32Type, false);
  }

  concat(...others: unknown[]): ExpressionValue {
    return this.#text("concat", utf8Type, ...others.map((other) => operandOf(other, utf8Type)));
  }

  lower(): ExpressionValue {
    return this.#text("lower", utf8Type);
  }

  upper(): ExpressionValue {
    return this.#text("upper", utf8Type);
  }

  trim(): ExpressionValue {
    return this.#text("trim", utf8Type);
  }

  length(): ExpressionValue {
    return this.#text("length", int32Type);
  }

  substring(start: number, length?: number): ExpressionValue {
    const rest = length === undefined ? [] : [literal(length, int64Type)];
    return this.#text("substring", utf8Type, literal(start, int64Type), ...rest);
  }

  contains(text: unknown): ExpressionValue {
    return this.#text("contains", booleanType, operandOf(text, utf8Type));
  }

  startsWith(text: unknown): ExpressionValue {
    return this.#text("startsWith", booleanType, operandOf(text, utf8Type));
  }

  endsWith(text: unknown): ExpressionValue {
    return this.#text("endsWith", booleanType, operandOf(text, utf8Type));
  }

  replace(search: string, replacement: string): ExpressionValue {
    const rest = [literalBeside(search, utf8Type), literalBeside(replacement, utf8Type)];
    return this.#text("replace", utf8Type, ...rest);
  }

  matches(pattern: RegExp | string): ExpressionValue {
    const source = checkedPattern("matches", pattern);
    return this.#text("matches", booleanType, literal(source, utf8Type));
  }

  regexpExtract(pattern: RegExp | string, group = 0): ExpressionValue {
    const source = checkedPattern("regexpExtract", pattern);
    checkGroup("regexpExtract", source, group);
    expectKind(this.#type, ["utf8", "enum"], "text");
    const operands = [this.expression, literal(source, utf8Type), literal(group, int64Type)];
    return callValue("regexpExtract", operands, utf8Type, true);
  }

  splitPart(separator: string, index: number): ExpressionValue {
    if (!(Number.isSafeInteger(index) && index >= 0)) {
      const problem = "splitPart: index must be a whole number from 0 on";
      reportProblem("PLAN_ARGUMENT_INVALID", { problem });
    }
    expectKind(this.#type, ["utf8", "enum"], "text");
    const operands = [this.expression, literal(separator, utf8Type), literal(index, int64Type)];
    return callValue("splitPart", operands, utf8Type, true);
  }

  formatTime(pattern: string): ExpressionValue {
    checkTimePattern("formatTime", pattern);
    expectKind(this.#type, ["timestamp", "date"], "a timestamp or a date");
    return this.#call("formatTime", utf8Type, literal(pattern, utf8Type));
  }

  year(): ExpressionValue {
    return this.#datePart("year");
  }

  month(): ExpressionValue {
    return this.#datePart("month");
  }

  day(): ExpressionValue {
    return this.#datePart("day");
  }

  hour(): ExpressionValue {
    return this.#datePart("hour");
  }

  minute(): ExpressionValue {
    return this.#datePart("minute");
  }

  second(): ExpressionValue {
    return this.#datePart("second");
  }

  dayOfWeek(): ExpressionValue {
    return this.#datePart("dayOfWeek");
  }

  dayOfYear(): ExpressionValue {
    return this.#datePart("dayOfYear");
  }

  truncateTo(unit: TimeUnit): ExpressionValue {
    expectKind(this.#type, ["timestamp", "date"], "a timestamp or a date");
    return this.#call("truncateTo", this.#type, literal(unit, utf8Type));
  }

  since(other: unknown): ExpressionValue {
    const from = operandOf(other, this.#type);
    for (const { type } of [this.expression, from]) {
      expectKind(type, ["timestamp", "date"], "a timestamp or a date");
    }
    return callValue("millisecondsBetween", [from, this.expression], int64Type);
  }

  milliseconds(): ExpressionValue {
    expectKind(this.#type, ["duration"], "a duration");
    return this.#call("cast", int64Type);
  }

  at(index: number): ExpressionValue {
    const type = this.#type.kind === "list" ? this.#type.item : mismatch("a list", this.#type);
    return callValue("item", [this.expression, literal(index, int64Type)], type, true);
  }

  size(): ExpressionValue {
    expectKind(this.#type, ["list"], "a list");
    return this.#call("listLength", int32Type);
  }

  has(value: unknown): ExpressionValue {
    const item = this.#type.kind === "list" ? this.#type.item : mismatch("a list", this.#type);
    return this.#call("listContains", booleanType, operandOf(value, item));
  }

  get(key: string): ExpressionValue {
    const type = this.#type.kind === "map" ? this.#type.value : mismatch("a map", this.#type);
    return callValue("mapValue", [this.expression, literalBeside(key, utf8Type)], type, true);
  }

  field(name: string): ExpressionValue {
    const fields = this.#type.kind === "row" ? this.#type.fields : [];
    const found = fields.find((f) => f.name === name);
    const operands = [this.expression, literal(name, utf8Type)];
    if (found !== undefined) {
      const nullable = found.type.nullable || this.#type.nullable;
      return callValue("field", operands, found.type, nullable);
    }
    if (this.#type.kind !== "row")
      return callValue("field", operands, mismatch("a row", this.#type));
    const columns = fields.map((f) => f.name);
    reportProblem("PLAN_COLUMN_UNKNOWN", { step: currentStep(), column: name, columns });
    return callValue("field", operands, unknownType);
  }

  filter(condition: unknown): ExpressionValue {
    const added = operandOf(condition, booleanType);
    expectKind(added.type, ["boolean"], "a condition");
    return this.#changeCall("filter", (call) => {
      const isCounting = call.function === "count" || call.function === "approxDistinct";
      const both = call.filter === undefined ? added : bothOf(call.filter, added);
      return { ...call, filter: both, type: withFilteredType(call.type, isCounting) };
    });
  }

  distinct(): ExpressionValue {
    return this.#changeCall("distinct", (call) => {
      if (allowsDistinct(call.function)) return { ...call, distinct: true };
      const problem = `${call.function} has no .distinct()`;
      reportProblem("PLAN_ARGUMENT_INVALID", { problem });
      return call;
    });
  }

  #changeCall(verb: string, change: (call: AggregateCall) => AggregateCall): ExpressionValue {
    const call = aggregateCallOf(this.expression);
    if (call !== undefined) {
      return new ExpressionValue(aggregatePlaceholder(change(call), this.expression));
    }
    const problem = `.${verb} goes directly after an aggregate function, before any arithmetic`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
    return this;
  }
}

function bothOf(left: Expression, right: Expression): Expression {
  return callValue("and", [left, right], booleanType).expression;
}

function describe(type: DataType): string {
  if (type.kind === "enum") return "text";
  return `a value comparable with ${type.kind}`;
}
