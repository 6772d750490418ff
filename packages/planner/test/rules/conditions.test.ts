import type { DataType, Json } from "@millrace/core";
import type { Expression, FunctionName, LogicalPlanData } from "@millrace/plan";
import { expect, test } from "vitest";
import { foldConstants, foldExpression } from "../../src/rules/fold-constants.ts";
import { mergeFilters } from "../../src/rules/merge-filters.ts";
import { orderConditions } from "../../src/rules/order-conditions.ts";
import { column, greater, int, plan, plus, sink, source, text, where } from "../sample-plan.ts";

const boolean: DataType = { kind: "boolean", nullable: false };

function value(json: Json, type: DataType = boolean): Expression {
  return { kind: "literal", value: json, type };
}

function call(name: FunctionName, type: DataType, ...parts: Expression[]): Expression {
  return { kind: "call", function: name, arguments: parts, type };
}

function predicateOf(result: LogicalPlanData): Expression | undefined {
  const filter = result.nodes.find((node) => node.kind === "where");
  return filter?.kind === "where" ? filter.predicate : undefined;
}

const late = greater(column("delay"), 5);
const far = greater(column("distance"), 100);
const named = call("matches", boolean, column("origin", text), value("^A", text));

test("a filter that is always true goes", () => {
  const always = call("or", boolean, late, call("eq", boolean, value("a", text), value("a", text)));
  const folded = foldConstants.apply(
    plan(source(), where("w", "flights", always), sink("out", "w")),
  );
  expect(folded.nodes.map((node) => `${node.id}<${node.inputs.join(",")}`)).toEqual([
    "flights<",
    "out<flights",
  ]);
});

test("true within and, and false within or, leave the rest", () => {
  expect(foldExpression(call("and", boolean, value(true), late))).toEqual(late);
  expect(foldExpression(call("or", boolean, value(false), late, far))).toEqual(
    call("or", boolean, late, far),
  );
});

test("a part that may stop the task is not left out for a constant", () => {
  const failing = greater(plus(column("delay"), 1), 5);
  const both = call("and", boolean, failing, value(false));
  expect(foldExpression(both)).toEqual(both);
});

test("branches that are never taken go, and one that is always taken ends a case", () => {
  const cases = call(
    "case",
    text,
    value(false),
    value("a", text),
    late,
    value("b", text),
    value(true),
    value("c", text),
    value("d", text),
  );
  expect(foldExpression(cases)).toEqual(
    call("case", text, late, value("b", text), value("c", text)),
  );
});

test("arithmetic of literals is computed unless it leaves its range", () => {
  const whole: DataType = { kind: "int64", as: "number", nullable: false };
  expect(foldExpression(call("add", whole, value(1, int), value(2, int)))).toEqual(value(3, whole));
  const beyond = call("multiply", whole, value(2 ** 52, whole), value(4, int));
  expect(foldExpression(beyond)).toEqual(beyond);
});

test("a column that is never null is not tested for it", () => {
  expect(foldExpression(call("isNull", boolean, column("delay")))).toEqual(value(false));
  const nullable = column("delay", { kind: "int32", nullable: true });
  expect(foldExpression(call("isNull", boolean, nullable))).toEqual(
    call("isNull", boolean, nullable),
  );
});

test("filters that follow each other become one with flat conditions", () => {
  const merged = mergeFilters.apply(
    plan(
      source(),
      where("a", "flights", call("and", boolean, late, far)),
      where("b", "a", named),
      sink("out", "b"),
    ),
  );
  expect(merged.nodes.map((node) => node.id)).toEqual(["flights", "b", "out"]);
  expect(predicateOf(merged)).toEqual(call("and", boolean, late, far, named));
});

test("a comparison of numbers comes before a regular expression", () => {
  const given = plan(
    source(),
    where("w", "flights", call("and", boolean, named, late)),
    sink("out", "w"),
  );
  expect(predicateOf(orderConditions.apply(given))).toEqual(call("and", boolean, late, named));
});

test("a condition that may stop the task stays behind those before it", () => {
  const failing = greater(plus(column("delay"), 1), 5);
  const guarded = call("and", boolean, named, failing, late);
  const given = plan(source(), where("w", "flights", guarded), sink("out", "w"));
  expect(predicateOf(orderConditions.apply(given))).toEqual(guarded);
});
