import type { Expression } from "@millrace/plan";
import { expect, test } from "vitest";
import { shareExpressions } from "../../src/rules/share-expressions.ts";
import { shareSources } from "../../src/rules/share-sources.ts";
import { column, plan, plus, project, sink, source, text } from "../sample-plan.ts";

const upper: Expression = {
  kind: "call",
  function: "upper",
  arguments: [column("origin", text)],
  type: text,
};

test("a costly expression that stands twice is computed once", () => {
  const shared = shareExpressions.apply(
    plan(
      source(),
      project("names", "flights", { a: upper, b: upper, delay: column("delay") }),
      sink("out", "names"),
    ),
  );
  expect(shared.nodes.map((node) => `${node.id}<${node.inputs.join(",")}`)).toEqual([
    "flights<",
    "names-shared<flights",
    "names<names-shared",
    "out<names",
  ]);
  expect(shared.nodes[1]).toMatchObject({
    columns: [{ name: "origin" }, { name: "delay" }, { name: "shared-1", expression: upper }],
  });
  expect(shared.nodes[2]).toMatchObject({
    columns: [
      { name: "a", expression: { kind: "column", name: "shared-1" } },
      { name: "b", expression: { kind: "column", name: "shared-1" } },
      { name: "delay" },
    ],
  });
});

test("arithmetic that stands twice stays", () => {
  const sum = plus(column("delay"), 1);
  const given = plan(source(), project("p", "flights", { a: sum, b: sum }), sink("out", "p"));
  expect(shareExpressions.apply(given)).toEqual({ ...given, nodes: given.nodes });
});

test("a source that is written twice is read once", () => {
  const union = {
    kind: "union" as const,
    id: "both",
    inputs: ["flights", "again"],
    schema: source().schema,
    keys: [],
  };
  const shared = shareSources.apply(
    plan(source(), source("again", { sourceIndex: 1 }), union, sink("out", "both")),
  );
  expect(shared.nodes.map((node) => `${node.id}<${node.inputs.join(",")}`)).toEqual([
    "flights<",
    "both<flights,flights",
    "out<both",
  ]);
});

test("sources that differ, or that check their values, are read apart", () => {
  const other = source("again", { outOfOrdernessMs: 5 });
  const given = plan(source(), other, sink("a", "flights"), sink("b", "again"));
  expect(shareSources.apply(given).nodes).toHaveLength(4);
  const checked = plan(
    source("flights", { hasValidators: true }),
    source("again", { hasValidators: true }),
    sink("a", "flights"),
    sink("b", "again"),
  );
  expect(shareSources.apply(checked).nodes).toHaveLength(4);
});
