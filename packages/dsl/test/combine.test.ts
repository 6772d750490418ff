import { hours, t } from "@millrace/core";
import { expect, test } from "vitest";
import {
  aggregateFunction,
  combine,
  isPipeline,
  type Pipeline,
  pipeline,
  tumbling,
} from "../src/index.ts";
import { store, table } from "./fixtures.ts";

const Row = t.row({ at: t.timestamp(), key: t.utf8(), n: t.int32() });

function total(add: (state: { sum: number }, row: { n: number }) => { sum: number }) {
  return aggregateFunction({
    name: "total",
    input: { n: t.int32() },
    state: t.row({ sum: t.int64() }),
    returns: t.int64(),
    init: () => ({ sum: 0 }),
    add,
    result: (state) => state.sum,
  });
}

const shared = total(({ sum }, { n }) => ({ sum: sum + n }));

function totals(name: string, least: number, aggregate = shared): Pipeline {
  return pipeline(
    name,
    (p) => {
      const floor = p.parameter("floor", t.int32(), least);
      p.source("rows", table(Row), { eventTime: (row) => row.at })
        .where((row) => row.n.gt(floor))
        .filter((row) => row.key !== "")
        .keyBy("key")
        .window(tumbling(hours(1)))
        .aggregate("totals", (row) => ({ total: aggregate({ n: row.n }) }))
        .sink("out", store());
    },
    { maxDrift: hours(least + 1) },
  );
}

test("combined pipelines keep their steps, with their names before the ids", () => {
  const both = combine("both", totals("a", 3), totals("b", 3));
  expect(isPipeline(both)).toBe(true);
  const plan = both.build();
  expect(plan).toMatchObject({ name: "both", problems: [], maxDriftMs: hours(4) });
  expect(plan.parameters).toMatchObject([{ name: "floor", default: 3 }]);
  expect(plan.nodes.map(({ id, inputs }) => [id, ...inputs])).toEqual(
    ["a", "b"].flatMap((name) => [
      [`${name}--rows`],
      [`${name}--where-1`, `${name}--rows`],
      [`${name}--filter-1`, `${name}--where-1`],
      [`${name}--keyBy-1`, `${name}--filter-1`],
      [`${name}--totals`, `${name}--keyBy-1`],
      [`${name}--out`, `${name}--totals`],
    ]),
  );
  expect(plan.nodes.flatMap((node) => (node.kind === "filter" ? [node.functionId] : []))).toEqual([
    "a--filter-1",
    "b--filter-1",
  ]);
  expect([...plan.functions.keys()].toSorted()).toEqual([
    "a--filter-1",
    "aggregate.total.add",
    "aggregate.total.init",
    "aggregate.total.result",
    "b--filter-1",
  ]);
  const sources = plan.nodes.flatMap((node) => (node.kind === "source" ? [node.sourceIndex] : []));
  expect(sources).toEqual([0, 1]);
});

test("what cannot be one is refused", () => {
  const other = total(({ sum }) => ({ sum: sum + 1 }));
  const problemsOf = (...pipelines: Pipeline[]): string[] =>
    combine("both", ...pipelines)
      .build()
      .problems.map(({ message }) => message);
  expect(problemsOf(totals("a", 3), totals("a", 3))).toEqual([
    expect.stringContaining('two pipelines are called "a"'),
  ]);
  expect(problemsOf(totals("a", 3), totals("b", 4))).toEqual([
    expect.stringContaining('the parameter "floor" has two types or defaults'),
  ]);
  expect(problemsOf(totals("a", 3), totals("b", 3, other))).toEqual([
    expect.stringContaining('two aggregate functions have the name "total"'),
  ]);
  expect(combine("no name", totals("a", 3)).build().problems).toMatchObject([
    { code: "PLAN_ID_INVALID" },
  ]);
});

test("problems of a pipeline stay its own", () => {
  const broken = pipeline("broken", (p) => {
    p.source("rows", table(Row)).keyBy().sink("out", store());
  });
  const { problems } = combine("both", totals("a", 3), broken).build();
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.every(({ where }) => where.pipeline === "broken")).toBe(true);
});
