import { assert } from "@millrace/core";
import type { Expression } from "@millrace/plan";
import { datePart, truncateInstant } from "./calendar.ts";
import type { CallExpression } from "./call-expression.ts";
import { type CodeWriter, type Operand, representationOf } from "./code-writer.ts";
import { arithmeticCode } from "./arithmetic-code.ts";
import { overflowError } from "./expression-error.ts";
import { formatInstantBy } from "./format-instant.ts";
import { rowFunction } from "./interpret-expression.ts";
import { isWholeType } from "./interpreted-arithmetic.ts";
import { literalValue } from "./literal-value.ts";
import { roundHalfAway } from "./number-functions.ts";
import { type TextCall, textCalls } from "./text-calls.ts";
import { compareText, isAnyBytes, isSameBytes } from "./text-functions.ts";

type Generator = (call: CallExpression, writer: CodeWriter) => Operand | undefined;

/** Writes the code of an expression whose representation is not `other`, and gives its operand. */
export function generate(expression: Expression, writer: CodeWriter): Operand {
  switch (expression.kind) {
    case "column":
      return generateColumn(expression, writer);
    case "literal": {
      const value = literalValue(expression);
      if (value === null) return { value: emptyOf(expression), isNull: "1" };
      const held = typeof value === "boolean" ? Number(value) : value;
      return { value: writer.constant(held), isNull: "0" };
    }
    case "call": {
      const generator = Object.hasOwn(generators, expression.function)
        ? generators[expression.function]
        : undefined;
      return generator?.(expression, writer) ?? generateInterpreted(expression, writer);
    }
    case "parameter":
      assert(false, `the parameter ${expression.name} was replaced by the planner`);
  }
}

function emptyOf(expression: Expression): string {
  return representationOf(expression.type) === "text" ? '""' : "0";
}

function generateColumn(column: Expression & { kind: "column" }, writer: CodeWriter): Operand {
  const { type, name } = column;
  if (representationOf(type) === "text") {
    const { index, isNull } = writer.load(name, "text");
    const text = `readText(d${index}, row)`;
    const value = writer.define(isNull === "0" ? text : `${isNull} === 1 ? "" : ${text}`);
    return { value, isNull };
  }
  if (type.kind === "boolean") return writer.load(name, "boolean");
  if (type.kind === "uint64") return writer.load(name, "unsignedWide");
  const isWide = type.kind === "int64" || type.kind === "timestamp" || type.kind === "duration";
  return writer.load(name, isWide ? "wide" : "number");
}

/**
 * A call that the loop cannot express: the interpreter's function, called per row where its value
 * is needed.
 */
function generateInterpreted(call: CallExpression, writer: CodeWriter): Operand {
  const plain = writer.define(`${writer.constant(rowFunction(call))}(batch, row)`);
  const isNull = writer.define(`${plain} === null ? 1 : 0`);
  const kind = representationOf(call.type);
  const present = kind === "boolean" ? `(${plain} ? 1 : 0)` : plain;
  const value = writer.define(`${isNull} === 1 ? ${emptyOf(call)} : ${present}`);
  return { value, isNull };
}

function areAll(call: CallExpression, kind: "number" | "boolean" | "text"): boolean {
  return call.arguments.every((a) => representationOf(a.type) === kind);
}

function isNumeric(call: CallExpression): boolean {
  return areAll(call, "number") && representationOf(call.type) === "number";
}

/** Arguments' code in order, and when the call is null because one of them is. */
function operandsOf(
  call: CallExpression,
  writer: CodeWriter,
): { values: readonly string[]; isNull: string } {
  const operands = call.arguments.map((a) => generate(a, writer));
  const isNull = operands.reduce((sum, o) => writer.either(sum, o.isNull), "0");
  return { values: operands.map((o) => o.value), isNull };
}

/** Adds the check of an integer result; −0 becomes 0, as an integer has none. */
function checked(call: CallExpression, code: string, isNull: string, writer: CodeWriter): Operand {
  if (!isWholeType(call.type)) return { value: writer.define(code), isNull };
  const value = writer.define(`(${code}) + 0`);
  const fail = writer.constant(() => {
    throw overflowError(call);
  });
  const condition = `!(${value} <= 9007199254740991 && ${value} >= -9007199254740991)`;
  if (isNull !== "1") {
    const present = isNull === "0" ? "" : ` && ${isNull} === 0`;
    writer.line(`if (${condition}${present}) ${fail}();`);
  }
  return { value, isNull };
}

function arithmetic(codeOf: (values: readonly string[]) => string): Generator {
  return (call, writer) => {
    if (!isNumeric(call)) return undefined;
    const { values, isNull } = operandsOf(call, writer);
    return checked(call, codeOf(values), isNull, writer);
  };
}

function modulo(call: CallExpression, writer: CodeWriter): Operand | undefined {
  if (isNumeric(call) && !isWholeType(call.type)) {
    const { values, isNull } = operandsOf(call, writer);
    return { value: writer.define(`${values[0]} % ${values[1]}`), isNull };
  }
  return wholeDivision((left, right) => `(${left} % ${right}) + 0`)(call, writer);
}

/** Null where the divisor is 0. */
function wholeDivision(codeOf: (left: string, right: string) => string): Generator {
  return (call, writer) => {
    if (!isNumeric(call)) return undefined;
    const { values, isNull } = operandsOf(call, writer);
    const [left, right] = values as [string, string];
    const isZero = writer.define(`${right} === 0 ? 1 : 0`);
    const value = writer.define(`${isZero} === 1 ? 0 : ${codeOf(left, right)}`);
    return { value, isNull: writer.either(isNull, isZero) };
  };
}

const divideInteger = wholeDivision((a, b) => `(${a} - ${a} % ${b}) / ${b} + 0`);

function arithmeticGenerators(): Record<string, Generator> {
  const entries = Object.entries(arithmeticCode);
  return Object.fromEntries(entries.map(([name, codeOf]) => [name, arithmetic(codeOf)]));
}

function round(call: CallExpression, writer: CodeWriter): Operand | undefined {
  if (!isNumeric(call)) return undefined;
  const { values, isNull } = operandsOf(call, writer);
  const code = `${writer.constant(roundHalfAway)}(${values[0]}, ${values[1] ?? "0"})`;
  return checked(call, code, isNull, writer);
}

function comparison(operator: string): Generator {
  return (call, writer) => {
    const isEquality = operator === "===" || operator === "!==";
    if (isEquality) {
      const fast = compareBytes(call, operator === "!==", writer);
      if (fast !== undefined) return fast;
    }
    const isText = areAll(call, "text");
    if (!isText && !areAll(call, "number") && !areAll(call, "boolean")) return undefined;
    const { values, isNull } = operandsOf(call, writer);
    const [left, right] = values as [string, string];
    const code =
      isText && !isEquality
        ? `${writer.constant(compareText)}(${left}, ${right}) ${operator} 0`
        : `${left} ${operator} ${right}`;
    // The unary plus keeps the loop free of a branch that the data would mispredict.
    return { value: writer.define(`+(${code})`), isNull };
  };
}

/** A text column against a literal: by bytes, without decoding. */
function compareBytes(
  call: CallExpression,
  isNegated: boolean,
  writer: CodeWriter,
): Operand | undefined {
  const column = call.arguments.find((a) => a.kind === "column");
  const literal = call.arguments.find((a) => a.kind === "literal");
  if (column === undefined || literal === undefined || literal.value === null) return undefined;
  if (!areAll(call, "text")) return undefined;
  const { index, isNull } = writer.load(column.name, "text");
  const bytes = writer.constant(utf8Bytes(literal.value as string));
  const same = `${writer.constant(isSameBytes)}(c${index}, f${index}[row], f${index}[row + 1], ${bytes})`;
  return { value: writer.define(`${same} ? ${isNegated ? "0 : 1" : "1 : 0"}`), isNull };
}

function utf8Bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function candidatesOf(call: CallExpression): readonly unknown[] | undefined {
  const literals = call.arguments.slice(1);
  const values: unknown[] = [];
  for (const literal of literals) {
    if (literal.kind !== "literal") return undefined;
    const value = literalValue(literal);
    if (value === null) return undefined;
    if (Array.isArray(value) && literals.length === 1) values.push(...value);
    else values.push(value);
  }
  return values;
}

function isIn(call: CallExpression, writer: CodeWriter): Operand | undefined {
  const [tested] = call.arguments;
  const candidates = candidatesOf(call);
  if (tested === undefined || candidates === undefined) return undefined;
  const kind = representationOf(tested.type);
  if (kind === "text") {
    const texts = candidates.filter((c) => typeof c === "string");
    if (tested.kind === "column" && texts.length <= 16) {
      const { index, isNull } = writer.load(tested.name, "text");
      const all = writer.constant(texts.map(utf8Bytes));
      const range = `c${index}, f${index}[row], f${index}[row + 1]`;
      const code = `${writer.constant(isAnyBytes)}(${range}, ${all}) ? 1 : 0`;
      return { value: writer.define(code), isNull };
    }
    const { value, isNull } = generate(tested, writer);
    const set = writer.constant(new Set(texts));
    return { value: writer.define(`${set}.has(${value}) ? 1 : 0`), isNull };
  }
  if (kind !== "number") return undefined;
  const numbers = candidates.filter((c) => typeof c === "number" && !Number.isNaN(c));
  if (numbers.length !== candidates.length) return undefined;
  const { value, isNull } = generate(tested, writer);
  const set = new Set(numbers);
  const code =
    set.size <= 8
      ? [...set].map((n) => `${value} === ${writer.constant(n)}`).join(" || ") || "false"
      : `${writer.constant(set)}.has(${value})`;
  return { value: writer.define(`(${code}) ? 1 : 0`), isNull };
}

const cheapFunctions: ReadonlySet<string> = new Set([
  "eq",
  "ne",
  "lt",
  "lte",
  "gt",
  "gte",
  "and",
  "or",
  "not",
  "isNull",
  "isNotNull",
  "isNaN",
  "divide",
]);

/** Whether evaluating it always is cheaper than a branch that may skip it, and cannot throw. */
function isCheap(expression: Expression): boolean {
  const kind = representationOf(expression.type);
  if (kind !== "number" && kind !== "boolean") return false;
  if (expression.kind !== "call") return true;
  return cheapFunctions.has(expression.function) && expression.arguments.every(isCheap);
}

/** `and` is settled by a false (0), `or` by a true (1). */
function junction(settledBy: 0 | 1): Generator {
  return (call, writer) => {
    if (!areAll(call, "boolean")) return undefined;
    if (call.arguments.every(isCheap)) return branchlessJunction(call, settledBy, writer);
    const value = writer.define(String(settledBy ^ 1), "let");
    const isNull = writer.define("0", "let");
    call.arguments.forEach((argument, i) => {
      const operand = generate(argument, writer);
      writer.line(`if (${operand.isNull} === 0 && ${operand.value} === ${settledBy}) {`);
      writer.line(`${value} = ${settledBy}; ${isNull} = 0;`);
      writer.line(`} else { ${isNull} |= ${operand.isNull};`);
      if (i === call.arguments.length - 1) writer.line("}".repeat(call.arguments.length));
    });
    return { value, isNull };
  };
}

function branchlessJunction(call: CallExpression, settledBy: 0 | 1, writer: CodeWriter): Operand {
  const operands = call.arguments.map((a) => generate(a, writer));
  const flip = settledBy === 1 ? "" : " ^ 1";
  const settling = operands.map(({ value, isNull }) =>
    isNull === "0" ? `(${value}${flip})` : `((${value}${flip}) & (${isNull} ^ 1))`,
  );
  const isSettled = writer.define(settling.join(" | ") || "0");
  const anyNull = operands.reduce((sum, o) => writer.either(sum, o.isNull), "0");
  return {
    value: settledBy === 1 ? isSettled : writer.define(`${isSettled} ^ 1`),
    isNull: anyNull === "0" ? "0" : writer.define(`${anyNull} & (${isSettled} ^ 1)`),
  };
}

function conditional(call: CallExpression, writer: CodeWriter): Operand | undefined {
  const kind = representationOf(call.type);
  const { arguments: parts } = call;
  const values = parts.filter((_, i) => i % 2 === 1 || i === parts.length - 1);
  if (kind === "other" || values.some((v) => representationOf(v.type) !== kind)) return undefined;
  const value = writer.define(emptyOf(call), "let");
  const isNull = writer.define("1", "let");
  let open = 0;
  for (let i = 0; i < parts.length; i += 2) {
    if (i + 1 < parts.length) {
      const condition = generate(parts[i]!, writer);
      writer.line(`if (${condition.isNull} === 0 && ${condition.value} === 1) {`);
      assign(generate(parts[i + 1]!, writer), value, isNull, writer);
      writer.line("} else {");
      open++;
    } else {
      assign(generate(parts[i]!, writer), value, isNull, writer);
    }
  }
  writer.line("}".repeat(open));
  return { value, isNull };
}

function assign(operand: Operand, value: string, isNull: string, writer: CodeWriter): void {
  writer.line(`${value} = ${operand.value}; ${isNull} = ${operand.isNull};`);
}

function coalesce(call: CallExpression, writer: CodeWriter): Operand | undefined {
  const kind = representationOf(call.type);
  if (kind === "other" || !areAll(call, kind)) return undefined;
  const value = writer.define(emptyOf(call), "let");
  const isNull = writer.define("1", "let");
  for (const argument of call.arguments) {
    assign(generate(argument, writer), value, isNull, writer);
    writer.line(`if (${isNull} === 1) {`);
  }
  writer.line("}".repeat(call.arguments.length));
  return { value, isNull };
}

function extreme(operator: "<" | ">"): Generator {
  return (call, writer) => {
    if (!isNumeric(call)) return undefined;
    const value = writer.define("0", "let");
    const isNull = writer.define("1", "let");
    for (const argument of call.arguments) {
      const o = generate(argument, writer);
      const isBetter = `${isNull} === 1 || ${o.value} ${operator} ${value}`;
      writer.line(`if (${o.isNull} === 0) {`);
      writer.line(`if (${isBetter}) ${value} = ${o.value};`);
      writer.line(`${isNull} = 0; }`);
    }
    return { value, isNull };
  };
}

function nullIf(call: CallExpression, writer: CodeWriter): Operand | undefined {
  const kind = representationOf(call.type);
  if (kind === "other" || !areAll(call, kind)) return undefined;
  const [left, right] = call.arguments.map((a) => generate(a, writer)) as [Operand, Operand];
  const isSame = `${right.isNull} === 0 && ${left.value} === ${right.value}`;
  const isNull = writer.define(`${left.isNull} === 1 || (${isSame}) ? 1 : 0`);
  return { value: left.value, isNull };
}

function nullTest(isNegated: boolean): Generator {
  return (call, writer) => {
    const argument = call.arguments[0]!;
    if (representationOf(argument.type) === "other") return undefined;
    const isText = representationOf(argument.type) === "text" && argument.kind === "column";
    const { isNull } = isText ? writer.load(argument.name, "text") : generate(argument, writer);
    return { value: isNegated ? writer.define(`${isNull} ^ 1`) : isNull, isNull: "0" };
  };
}

/** A function of text that is called for rows without null. */
function calling({ apply, gives }: TextCall): Generator {
  return (call, writer) => {
    const [first] = call.arguments;
    if (first === undefined || representationOf(first.type) !== "text") return undefined;
    if (call.arguments.some((a) => representationOf(a.type) === "other")) return undefined;
    const { values, isNull } = operandsOf(call, writer);
    const invoked = `${writer.constant(apply)}(${values.join(", ")})`;
    const present = gives === "boolean" ? `(${invoked} ? 1 : 0)` : invoked;
    if (gives === "textOrNull") {
      const found = writer.define(isNull === "0" ? present : `${isNull} === 1 ? null : ${present}`);
      const value = writer.define(`${found} ?? ""`);
      return { value, isNull: writer.define(`${found} === null ? 1 : 0`) };
    }
    const code = isNull === "0" ? present : `${isNull} === 1 ? ${emptyOf(call)} : ${present}`;
    return { value: writer.define(code), isNull };
  };
}

function textGenerators(): Record<string, Generator> {
  const entries = Object.entries(textCalls);
  return Object.fromEntries(entries.map(([name, textCall]) => [name, calling(textCall)]));
}

function concat(call: CallExpression, writer: CodeWriter): Operand | undefined {
  if (!areAll(call, "text") || call.arguments.length === 0) return undefined;
  const { values, isNull } = operandsOf(call, writer);
  return { value: writer.define(`"" + ${values.join(" + ")}`), isNull };
}

/** Epoch milliseconds of a timestamp<ms> or date argument. */
function instantOf(expression: Expression, value: string): string {
  return expression.type.kind === "date" ? `${value} * 86400000` : value;
}

function part(name: keyof typeof datePart): Generator {
  return (call, writer) => {
    if (!isNumeric(call)) return undefined;
    const { values, isNull } = operandsOf(call, writer);
    const ms = instantOf(call.arguments[0]!, values[0]!);
    return { value: writer.define(`${writer.constant(datePart[name])}(${ms})`), isNull };
  };
}

function truncateTo(call: CallExpression, writer: CodeWriter): Operand | undefined {
  const [instant, unit] = call.arguments;
  if (instant?.type.kind !== "timestamp" || representationOf(instant.type) !== "number") {
    return undefined;
  }
  if (unit?.kind !== "literal" || call.type.kind !== "timestamp") return undefined;
  const { value, isNull } = generate(instant, writer);
  const truncate = writer.constant(truncateInstant);
  const code = `${truncate}(${value}, ${writer.constant(unit.value)})`;
  return { value: writer.define(code), isNull };
}

function formatTime(call: CallExpression, writer: CodeWriter): Operand | undefined {
  const [instant, pattern] = call.arguments;
  if (instant === undefined || representationOf(instant.type) !== "number") return undefined;
  if (pattern?.kind !== "literal") return undefined;
  const { value, isNull } = generate(instant, writer);
  const format = writer.constant(formatInstantBy);
  const code = `${format}(${instantOf(instant, value)}, ${writer.constant(pattern.value)})`;
  return { value: writer.define(isNull === "0" ? code : `${isNull} === 1 ? "" : ${code}`), isNull };
}

function plusDuration(call: CallExpression, writer: CodeWriter): Operand | undefined {
  if (!isNumeric(call) || call.type.kind !== "timestamp") return undefined;
  const { values, isNull } = operandsOf(call, writer);
  const code = `${instantOf(call.arguments[0]!, values[0]!)} + ${values[1]}`;
  return checked(call, code, isNull, writer);
}

function millisecondsBetween(call: CallExpression, writer: CodeWriter): Operand | undefined {
  if (!isNumeric(call)) return undefined;
  const { values, isNull } = operandsOf(call, writer);
  const [from, to] = call.arguments.map((a, i) => instantOf(a, values[i]!));
  return checked(call, `${to} - ${from}`, isNull, writer);
}

function cast(call: CallExpression, writer: CodeWriter): Operand | undefined {
  const from = representationOf(call.arguments[0]!.type);
  if (call.type.kind !== "float64" || (from !== "number" && from !== "boolean")) return undefined;
  return generate(call.arguments[0]!, writer);
}

function hash(call: CallExpression, writer: CodeWriter): Operand | undefined {
  const [argument] = call.arguments;
  return argument?.kind === "column" ? writer.load(argument.name, "hash") : undefined;
}

const generators: Readonly<Record<string, Generator>> = {
  ...arithmeticGenerators(),
  divideInteger,
  modulo,
  round,
  least: extreme("<"),
  greatest: extreme(">"),
  eq: comparison("==="),
  ne: comparison("!=="),
  lt: comparison("<"),
  lte: comparison("<="),
  gt: comparison(">"),
  gte: comparison(">="),
  isIn,
  and: junction(0),
  or: junction(1),
  not: (call, writer) => {
    const { value, isNull } = generate(call.arguments[0]!, writer);
    return { value: writer.define(`${value} ^ 1`), isNull };
  },
  isNull: nullTest(false),
  isNotNull: nullTest(true),
  coalesce,
  nullIf,
  isNaN: (call, writer) => {
    if (!areAll(call, "number")) return undefined;
    const { values, isNull } = operandsOf(call, writer);
    return { value: writer.define(`${values[0]} !== ${values[0]} ? 1 : 0`), isNull };
  },
  concat,
  ...textGenerators(),
  year: part("year"),
  month: part("month"),
  day: part("day"),
  hour: part("hour"),
  minute: part("minute"),
  second: part("second"),
  dayOfWeek: part("dayOfWeek"),
  dayOfYear: part("dayOfYear"),
  truncateTo,
  formatTime,
  plusDuration,
  millisecondsBetween,
  case: conditional,
  cast,
  tryCast: cast,
  hash,
};
