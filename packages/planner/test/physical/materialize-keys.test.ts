import type { LogicalNode, RunningAggregateNode } from "@millrace/plan";
import { expect, test } from "vitest";
import { materializeKeys } from "../../src/physical/materialize-keys.ts";
import { explainPhysical, planPipeline } from "@millrace/planner";
import { column, int, keyBy, plan, project, sink, source, text } from "../sample-plan.ts";

const schema = {
  fields: [
    { name: "origin", type: text },
    { name: "flights", type: int },
  ],
};

function running(id: string, input: string): RunningAggregateNode {
  const calls = [
    {
      function: "count",
      distinct: false,
      type: { kind: "int64", as: "number", nullable: false },
    } as const,
  ];
  return {
    kind: "runningAggregate",
    id,
    inputs: [input],
    schema,
    keys: ["origin"],
    updating: { uniqueKey: ["origin"] },
    columns: [{ name: "flights", expression: column("$0"), calls }],
    emit: "each-batch",
    retracts: false,
  };
}

const start = [source(), keyBy("by", "flights", ["origin"]), running("totals", "by")];

function keyedSink(id: string, input: string, updatesKey: readonly string[]): LogicalNode {
  return { ...sink(id, input), schema, updatesKey } as LogicalNode;
}

function updating(node: LogicalNode, uniqueKey: readonly string[]): LogicalNode {
  return { ...node, schema, updating: { uniqueKey } };
}

function ids(...nodes: LogicalNode[]): string[] {
  return materializeKeys(plan(...start, ...nodes))
    .nodes.slice(start.length)
    .map(({ id }) => id);
}

test("a sink by the stream's own key takes the changes as they come", () => {
  expect(ids(keyedSink("out", "totals", ["origin"]))).toEqual(["out"]);
});

test("a sink without a key takes the changes as they come", () => {
  expect(ids(keyedSink("out", "totals", []))).toEqual(["out"]);
});

test("a key under another name is the key still", () => {
  const renamed = updating(
    project("renamed", "totals", { from: column("origin", text), flights: column("flights") }),
    ["from"],
  );
  expect(ids(renamed, keyedSink("out", "renamed", ["from"]))).toEqual(["renamed", "out"]);
});

test("rows are kept by another key of the sink", () => {
  const nodes = materializeKeys(plan(...start, keyedSink("out", "totals", ["flights"]))).nodes;
  expect(nodes.slice(3)).toMatchObject([
    { id: "out.key", kind: "keyBy", keys: ["flights"], inputs: ["totals"] },
    {
      id: "out.rows",
      kind: "topRows",
      verb: "materialize",
      keys: ["flights"],
      updating: { uniqueKey: ["flights"] },
      n: 1,
      retracts: true,
    },
    { id: "out", inputs: ["out.rows"] },
  ]);
});

test("rows are kept where they were cut by columns outside of the key", () => {
  const again = updating(keyBy("again", "totals", ["flights"]), ["origin"]);
  expect(ids(again, keyedSink("out", "again", ["origin"]))).toEqual([
    "again",
    "out.key",
    "out.rows",
    "out",
  ]);
});

test("rows are kept behind a union, whose rows have no known key", () => {
  const union = updating(
    { kind: "union", id: "both", inputs: ["totals", "totals"], schema, keys: [] },
    [],
  );
  expect(ids(union, keyedSink("out", "both", ["origin"]))).toContain("out.rows");
});

test("the plan of an updating stream, as explained", () => {
  const logical = plan(...start, keyedSink("out", "totals", ["flights"]));
  const { physical } = planPipeline(logical, { partitions: 2, parameters: {} });
  expect(explainPhysical(physical)).toBe(
    `pipeline flights: 3 stages × 2 partitions
stage-flights
  read flights: files columns departedAt, origin, event time departedAt
  shuffle ← flights by origin to flights.by-origin.repartition
stage-totals
  read flights.by-origin.repartition
  totals ← flights.by-origin.repartition
      aggregate by origin: count, each-batch (order-free, vectorised)
  shuffle ← totals by flights to flights.by-flights.repartition
stage-out.rows
  read flights.by-flights.repartition
  out.rows ← flights.by-flights.repartition
      first 1 for each flights (order-free, vectorised)
  sink out ← out.rows: console, exactly-once`,
  );
});
