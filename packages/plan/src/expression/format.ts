import { type DataType, formatDataType, formatDuration, formatInstant } from "@millrace/core";
import type { Expression } from "./expression.ts";
import type { FunctionName } from "./functions.ts";

const infix: Partial<Record<FunctionName, readonly [sign: string, strength: number]>> = {
  or: ["or", 1],
  and: ["and", 2],
  eq: ["=", 4],
  ne: ["<>", 4],
  lt: ["<", 4],
  lte: ["<=", 4],
  gt: [">", 4],
  gte: [">=", 4],
  add: ["+", 5],
  subtract: ["-", 5],
  multiply: ["*", 6],
  divide: ["/", 6],
  modulo: ["%", 6],
};

const strongest = 9;

/**
 * An expression as short text for explanations and problems: `delay > 5 and origin in ("ORD",
 * "ATL")`.
 *
 * Never parsed again; operators are written infix with the fewest parentheses, all else as
 * `name(…)`. O(size).
 */
export function formatExpression(expression: Expression): string {
  return formatWithin(expression, 0);
}

function formatWithin(expression: Expression, strengthMin: number): string {
  switch (expression.kind) {
    case "column":
      return expression.name;
    case "parameter":
      return `:${expression.name}`;
    case "literal":
      return formatLiteral(expression.value, expression.type);
    case "call": {
      const [text, strength] = formatCall(expression);
      return strength < strengthMin ? `(${text})` : text;
    }
  }
}

type Call = Expression & { readonly kind: "call" };

function formatCall(call: Call): readonly [text: string, strength: number] {
  const operator = infix[call.function];
  if (operator !== undefined && call.arguments.length >= 2) {
    const [sign, strength] = operator;
    const parts = call.arguments.map((argument, index) =>
      formatWithin(argument, index === 0 ? strength : strength + 1),
    );
    return [parts.join(` ${sign} `), strength];
  }
  const [first, ...rest] = call.arguments;
  if (first === undefined) return [`${call.function}()`, strongest];
  switch (call.function) {
    case "not":
      return [`not ${formatWithin(first, 4)}`, 3];
    case "isNull":
      return [`${formatWithin(first, 5)} is null`, 4];
    case "isNotNull":
      return [`${formatWithin(first, 5)} is not null`, 4];
    case "isIn":
      return [`${formatWithin(first, 5)} in ${formatChoices(rest)}`, 4];
    case "negate":
      return [`-${formatWithin(first, 7)}`, 7];
    case "cast":
    case "tryCast":
      return [
        `${call.function}(${formatExpression(first)}, ${formatDataType(call.type)})`,
        strongest,
      ];
    case "case":
      return [formatCase(call.arguments), strongest];
    default:
      return [`${call.function}(${call.arguments.map(formatExpression).join(", ")})`, strongest];
  }
}

function formatChoices(choices: readonly Expression[]): string {
  const [only] = choices;
  if (choices.length === 1 && only !== undefined && only.type.kind === "list") {
    return formatWithin(only, strongest);
  }
  return `(${choices.map(formatExpression).join(", ")})`;
}

function formatCase(parts: readonly Expression[]): string {
  const texts = parts.map(formatExpression);
  const branches: string[] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) {
    branches.push(`when ${texts[i]} then ${texts[i + 1]}`);
  }
  if (texts.length % 2 === 1) branches.push(`else ${texts[texts.length - 1]}`);
  return `case ${branches.join(" ")} end`;
}

function formatLiteral(value: unknown, type: DataType): string {
  if (typeof value === "number" && type.kind === "timestamp" && type.unit === "ms") {
    return formatInstant(value);
  }
  if (typeof value === "number" && type.kind === "duration") return formatDuration(value);
  const isNumberText =
    typeof value === "string" &&
    (type.kind === "int64" || type.kind === "uint64" || type.kind === "decimal");
  if (isNumberText) return value;
  const text = JSON.stringify(value) ?? "null";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
