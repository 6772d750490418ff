import { formatDataType, hours, minutes, t } from "@millrace/core";
import type { AggregateCall, LogicalPlan } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import {
  aggregateFunction,
  all,
  any,
  approxTopK,
  argMax,
  argMin,
  collectList,
  collectMap,
  collectSet,
  correlation,
  count,
  countDistinct,
  covariance,
  decayingMean,
  histogram,
  intercept,
  kurtosis,
  median,
  mode,
  pipeline,
  quantile,
  skewness,
  slope,
  sum,
  topK,
  tumbling,
} from "../src/index.ts";
import { store, table } from "./fixtures.ts";

const Row = t.row({
  at: t.timestamp(),
  key: t.utf8(),
  x: t.float64(),
  y: t.float64().nullable(),
  n: t.int32(),
  name: t.utf8().nullable(),
  flag: t.boolean().nullable(),
  tags: t.list(t.utf8()),
});

// oxlint-disable-next-line typescript/no-explicit-any -- these tests are callers without types
type Untyped = any;

function planOf(build: (row: Untyped) => object): LogicalPlan {
  return pipeline("test", (p) => {
    const rows = p.source("rows", table(Row), { eventTime: (r) => r.at }) as Untyped;
    rows
      .keyBy("key")
      .window(tumbling(hours(1)))
      .aggregate("a", build)
      .sink("out", store());
  }).build();
}

function callOf(build: (row: Untyped) => unknown): AggregateCall {
  const plan = planOf((r) => ({ result: build(r) }));
  expect(plan.problems).toEqual([]);
  const node = plan.nodes.find(({ kind }) => kind === "windowAggregate");
  if (node?.kind !== "windowAggregate") throw new Error("expected a window");
  return node.columns[0]?.calls[0] as AggregateCall;
}

function problemsOf(build: (row: Untyped) => unknown): readonly string[] {
  return planOf((r) => ({ result: build(r) })).problems.map((problem) => problem.message);
}

const weightedMean = aggregateFunction({
  name: "weightedMean",
  input: { value: t.float64(), weight: t.float64() },
  state: t.row({ sum: t.float64(), weight: t.float64() }),
  returns: t.float64(),
  init: () => ({ sum: 0, weight: 0 }),
  add: (state, row) => ({
    sum: state.sum + row.value * row.weight,
    weight: state.weight + row.weight,
  }),
  result: (state) => state.sum / state.weight,
});

const frequent = (type: string): string => `list<row<value: ${type}, count: int64>>`;
const bins = "list<row<from: float64, to: float64, count: int64>>";

const cases: readonly [string, (row: Untyped) => unknown, type: string, rest?: object][] = [
  ["countDistinct", (r) => countDistinct(r.name), "int64", { function: "count", distinct: true }],
  [
    "an exact sum of floats",
    (r) => sum(r.x, { exact: true }),
    "float64",
    { settings: { exact: true } },
  ],
  [
    "an exact sum of integers, which needs no setting",
    (r) => sum(r.n, { exact: true }),
    "int64",
    {},
  ],
  ["skewness", (r) => skewness(r.x), "float64?"],
  ["kurtosis", (r) => kurtosis(r.n), "float64?"],
  [
    "median",
    (r) => median(r.n),
    "float64",
    { function: "quantile", q: 0.5, settings: { exact: true } },
  ],
  [
    "a quantile by KLL",
    (r) => quantile(r.y, 0.9, { sketch: "kll", seed: 7 }),
    "float64?",
    { settings: { sketch: "kll", seed: 7 } },
  ],
  ["argMin", (r) => argMin(r.n, r.x), "int32"],
  ["argMax by a column with nulls", (r) => argMax(r.n, r.name), "int32?"],
  ["covariance", (r) => covariance(r.x, r.n), "float64?"],
  ["correlation", (r) => correlation(r.x, r.n), "float64?"],
  ["slope", (r) => slope(r.x, r.n), "float64?"],
  ["intercept", (r) => intercept(r.x, r.n), "float64?"],
  ["mode", (r) => mode(r.name), "utf8?"],
  ["topK", (r) => topK(r.n, 3), frequent("int32"), { settings: { k: 3 } }],
  [
    "approxTopK",
    (r) => approxTopK(r.name, 20),
    `${frequent("utf8")}?`,
    { settings: { k: 20, capacity: 200 } },
  ],
  ["histogram", (r) => histogram(r.x, { edges: [0, 1] }), bins, { settings: { edges: [0, 1] } }],
  ["histogram by width", (r) => histogram(r.x, { width: 5 }), bins, { settings: { width: 5 } }],
  ["collectList", (r) => collectList(r.n, { limit: 5 }), "list<int32>", { settings: { limit: 5 } }],
  ["collectSet", (r) => collectSet(r.name, { limit: 5 }), "list<utf8>?"],
  ["collectMap", (r) => collectMap(r.key, r.y, { limit: 5 }), "map<float64>?"],
  ["any", (r) => any(r.flag), "boolean?"],
  ["all", (r) => all(r.x.gt(1)), "boolean"],
  [
    "decayingMean",
    (r) => decayingMean(r.x, { halfLife: minutes(5) }),
    "float64",
    { settings: { halfLifeMs: 300_000 } },
  ],
  ["a user-defined one", (r) => weightedMean({ value: r.x, weight: r.n }), "float64"],
  ["a user-defined one of nulls", (r) => weightedMean({ value: r.y, weight: r.x }), "float64?"],
];

describe("aggregates", () => {
  it.each(cases)("%s", (_, build, type, rest = {}) => {
    const call = callOf(build);
    expect(formatDataType(call.type)).toBe(type);
    expect(call).toMatchObject(rest);
  });

  it("become null where a filter may leave nothing, but for counts", () => {
    expect(callOf((r) => topK(r.n, 3).filter(r.flag)).type.nullable).toBe(true);
    expect(callOf((r) => all(r.x.gt(1)).filter(r.flag)).type.nullable).toBe(true);
    expect(callOf((r) => countDistinct(r.n).filter(r.flag)).type.nullable).toBe(false);
  });

  it("divide whole numbers as SQL does", () => {
    const plan = planOf((r) => ({ mean: (sum(r.n) as Untyped).dividedToInteger(count()) }));
    expect(plan.problems).toEqual([]);
    const node = plan.nodes.find(({ kind }) => kind === "windowAggregate");
    const field = node?.schema.fields.find(({ name }) => name === "mean");
    expect(field?.type).toEqual({ kind: "int64", as: "number", nullable: true });
  });

  it("bring the functions of user-defined ones into the plan", () => {
    const plan = planOf((r) => ({ result: weightedMean({ value: r.x, weight: r.n }) }));
    expect([...plan.functions.keys()]).toEqual([
      "aggregate.weightedMean.init",
      "aggregate.weightedMean.add",
      "aggregate.weightedMean.result",
    ]);
    expect(plan.problems).toEqual([]);
  });

  it("keep one definition under one name", () => {
    const other = aggregateFunction({
      name: "weightedMean",
      input: { value: t.float64() },
      state: t.row({ sum: t.float64() }),
      returns: t.float64(),
      init: () => ({ sum: 0 }),
      add: (state) => state,
      result: (state) => state.sum,
    });
    const plan = planOf((r) => ({
      a: weightedMean({ value: r.x, weight: r.n }),
      b: other({ value: r.x }),
    }));
    expect(plan.problems[0]?.message).toBe('Two aggregate functions have the name "weightedMean".');
  });

  it.each<[(row: Untyped) => unknown, string]>([
    [(r) => topK(r.n, 0), "topK: k must be a whole number from 1 to 10000."],
    [
      (r) => collectList(r.n, { limit: 1e6 }),
      "collectList: limit must be a whole number from 1 to 10000.",
    ],
    [(r) => approxTopK(r.n, 10, { capacity: 5 }), "approxTopK: capacity must be at least k."],
    [(r) => histogram(r.n, { edges: [2, 1] }), "histogram: edges must be finite and ascending."],
    [(r) => histogram(r.n, { width: 0 }), "histogram: width must be greater than zero."],
    [
      (r) => decayingMean(r.n, { halfLife: 0 as never }),
      "decayingMean: halfLife must be a duration greater than zero.",
    ],
    [
      (r) => quantile(r.x, 0.5, { exact: true, sketch: "kll" }),
      "quantile: choose either exact or a sketch.",
    ],
    [(r) => (topK(r.n, 3) as Untyped).distinct(), "topK has no .distinct()."],
    [
      (r) => collectSet(r.tags, { limit: 3 }),
      'aggregate "a" expects a value that has an order, got list<utf8>.',
    ],
    [(r) => any(r.x as Untyped), 'aggregate "a" expects a condition, got float64.'],
    [
      (r) => (sum(r.x) as Untyped).dividedToInteger(2),
      'aggregate "a" expects an integer, got float64.',
    ],
    [
      (r) => mode(r.name.regexpExtract("(", 1)),
      "regexpExtract: Invalid regular expression: /(/u: Unterminated group.",
    ],
    [
      (r) => mode(r.name.regexpExtract(/(a)/, 2)),
      "regexpExtract: the pattern has no group 2, only 0 to 1.",
    ],
    [(r) => mode(r.name.splitPart("/", -1)), "splitPart: index must be a whole number from 0 on."],
    [
      (r) => mode(r.at.formatTime("YYYY")),
      "formatTime: the pattern has YYYY; it may have yyyy, MM, dd, HH, mm, ss, SSS, text in single quotes and signs.",
    ],
  ])("refuse what cannot be: %#", (build, message) => {
    expect(problemsOf(build)).toContain(message);
  });
});
