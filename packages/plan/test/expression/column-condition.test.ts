import type { DataType, Json } from "@millrace/core";
import { columnConditionOf, type Expression, type FunctionName } from "@millrace/plan";
import { expect, test } from "vitest";

const nullable = false;
const int: DataType = { kind: "int64", as: "number", nullable };
const wide: DataType = { kind: "int64", as: "bigint", nullable };
const float: DataType = { kind: "float64", nullable };
const single: DataType = { kind: "float32", nullable };
const text: DataType = { kind: "utf8", nullable };
const kind: DataType = { kind: "enum", values: ["a", "b"], nullable };
const ms: DataType = { kind: "timestamp", unit: "ms", nullable };
const us: DataType = { kind: "timestamp", unit: "us", nullable };

function column(type: DataType): Expression {
  return { kind: "column", name: "c", type };
}

function literal(value: Json, type: DataType): Expression {
  return { kind: "literal", value, type };
}

function call(name: FunctionName, ...args: readonly Expression[]): Expression {
  return { kind: "call", function: name, arguments: args, type: { kind: "boolean", nullable } };
}

test.each<[Expression, string, readonly Json[]]>([
  [call("gt", column(int), literal(5, int)), "gt", [5]],
  [call("gt", column(int), literal(5.5, float)), "gt", [5.5]],
  [call("gt", literal(5, int), column(int)), "lt", [5]],
  [call("lte", literal(5, int), column(int)), "gte", [5]],
  [call("eq", literal("x", text), column(text)), "eq", ["x"]],
  [call("lt", column(wide), literal("9", wide)), "lt", ["9"]],
  [call("eq", column(kind), literal("a", text)), "eq", ["a"]],
  [call("gte", column(us), literal("7", us)), "gte", ["7"]],
  [call("isNotNull", column(single)), "isNotNull", []],
  [call("isIn", column(int), literal(1, int), literal(2, int)), "isIn", [1, 2]],
  [
    call("isIn", column(text), literal(["x", "y"], { kind: "list", item: text, nullable })),
    "isIn",
    ["x", "y"],
  ],
])("%j is a condition", (expression, comparison, values) => {
  expect(columnConditionOf(expression)).toEqual({ column: "c", comparison, values });
});

test.each<[string, Expression]>([
  ["a column", column(int)],
  ["a comparison of two columns", call("lt", column(int), column(int))],
  ["a comparison of a computed value", call("lt", call("abs", column(int)), literal(5, int))],
  ["one with null", call("eq", column(int), literal(null, int))],
  ["one of single precision", call("gt", column(single), literal(0.1, single))],
  ["an order of enum values", call("lt", column(kind), literal("b", text))],
  ["instants of different units", call("lt", column(us), literal(5, ms))],
  ["half of a surrogate pair", call("lt", column(text), literal("\ud800", text))],
  ["one of values with a null", call("isIn", column(int), literal(1, int), literal(null, int))],
  ["an inequality", call("ne", column(int), literal(5, int))],
])("%s is none", (_, expression) => {
  expect(columnConditionOf(expression)).toBeUndefined();
});
