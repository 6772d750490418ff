import { expect, test } from "vitest";
import { columnsOf, type Expression, rewriteExpression } from "../../src/expression/expression.ts";

const float = { kind: "float64", nullable: false } as const;
const boolean = { kind: "boolean", nullable: false } as const;
const column = (name: string): Expression => ({ kind: "column", name, type: float });
const literal = (value: number): Expression => ({ kind: "literal", value, type: float });

const sum: Expression = {
  kind: "call",
  function: "add",
  arguments: [column("a"), { kind: "parameter", name: "p", type: float }],
  type: float,
};
const comparison: Expression = {
  kind: "call",
  function: "gt",
  arguments: [
    sum,
    { kind: "call", function: "add", arguments: [column("b"), column("a")], type: float },
  ],
  type: boolean,
};

test("the columns of an expression come once each, in the order in which they are read", () => {
  expect([...columnsOf(comparison)]).toEqual(["a", "b"]);
});

test("columns are added to a set that is given", () => {
  expect([...columnsOf(column("b"), new Set(["a"]))]).toEqual(["a", "b"]);
});

test("a literal reads no column", () => {
  expect(columnsOf(literal(1)).size).toBe(0);
});

test("a rewrite that changes nothing gives an equal expression", () => {
  expect(rewriteExpression(comparison, (node) => node)).toEqual(comparison);
});

test("a rewrite replaces leaves anywhere and leaves the original alone", () => {
  const before = structuredClone(comparison);
  const rewritten = rewriteExpression(comparison, (node) =>
    node.kind === "parameter" ? literal(5) : node,
  );
  expect(rewritten).toMatchObject({ arguments: [{ arguments: [column("a"), literal(5)] }, {}] });
  expect(comparison).toEqual(before);
});

test("a call is seen after its arguments, already changed", () => {
  const seen: string[] = [];
  rewriteExpression(sum, (node) => {
    seen.push(node.kind);
    return node;
  });
  expect(seen).toEqual(["column", "parameter", "call"]);
});
