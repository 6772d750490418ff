import {
  type ColumnComparison,
  type ColumnCondition,
  type DataType,
  isInteger,
  type Json,
} from "@millrace/core";
import type { Expression } from "./expression.ts";

type Column = Extract<Expression, { kind: "column" }>;
type Call = Extract<Expression, { kind: "call" }>;

/** Comparisons of a column with one literal, and the same with the literal on the left. */
const mirrored = { eq: "eq", lt: "gt", lte: "gte", gt: "lt", gte: "lte" } as const;

/**
 * A condition as a source can check it against what it knows of many rows; undefined where it is
 * none: not a column of a number, text, date or time, compared with literals of its own kind.
 *
 * Not of float32: what a literal is rounded to is the executors' own. An enum has no order.
 */
export function columnConditionOf(expression: Expression): ColumnCondition | undefined {
  if (expression.kind !== "call") return undefined;
  const [left, right] = expression.arguments;
  switch (expression.function) {
    case "isNotNull":
      return left?.kind === "column" ? condition(left, "isNotNull", []) : undefined;
    case "isIn":
      return left?.kind === "column" ? memberCondition(left, expression) : undefined;
    case "eq":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      if (left?.kind === "column" && right?.kind === "literal") {
        return condition(left, expression.function, [valueBeside(left.type, right)]);
      }
      if (left?.kind === "literal" && right?.kind === "column") {
        return condition(right, mirrored[expression.function], [valueBeside(right.type, left)]);
      }
      return undefined;
    default:
      return undefined;
  }
}

function condition(
  { name: column, type }: Column,
  comparison: ColumnComparison,
  values: readonly (number | string | undefined)[],
): ColumnCondition | undefined {
  if (type.kind === "enum" && /^[lg]t/.test(comparison)) return undefined;
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? { column, comparison, values: known } : undefined;
}

function memberCondition(column: Column, { arguments: [, ...rest] }: Call) {
  const [only] = rest;
  if (rest.length === 1 && only?.kind === "literal" && only.type.kind === "list") {
    const { value, type } = only;
    const items = Array.isArray(value) ? (value as readonly Json[]) : [];
    return condition(
      column,
      "isIn",
      items.map((item) => valueBeside(column.type, { value: item, type: type.item })),
    );
  }
  const values = rest.map((each) =>
    each.kind === "literal" ? valueBeside(column.type, each) : undefined,
  );
  return condition(column, "isIn", values);
}

/** The literal's value, where it and the column are compared as what they are. */
function valueBeside(
  column: DataType,
  literal: { readonly value: Json; readonly type: DataType },
): number | string | undefined {
  const { value, type } = literal;
  switch (column.kind) {
    case "utf8":
    case "enum":
      // Half of a surrogate pair has no place in the order of UTF-8 bytes.
      return typeof value === "string" && type.kind === "utf8" && !/\p{Surrogate}/u.test(value)
        ? value
        : undefined;
    case "date":
      return typeof value === "number" && type.kind === "date" ? value : undefined;
    case "timestamp": {
      const isSame = type.kind === "timestamp" && type.unit === column.unit;
      return isSame && (typeof value === "number" || typeof value === "string") ? value : undefined;
    }
    case "float64":
      return isPlainNumber(type) && typeof value === "number" ? value : undefined;
    default:
      if (!isInteger(column)) return undefined;
      if (isPlainNumber(column)) {
        return isPlainNumber(type) && typeof value === "number" ? value : undefined;
      }
      return isInteger(type) && !isPlainNumber(type) && typeof value === "string"
        ? value
        : undefined;
  }
}

/** Whether values of the type are numbers of JavaScript, without rounding. */
function isPlainNumber(type: DataType): boolean {
  if (type.kind === "float64") return true;
  return isInteger(type) && !("as" in type && type.as === "bigint");
}
