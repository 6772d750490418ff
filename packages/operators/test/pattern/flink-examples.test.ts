import { collectOutput } from "@millrace/conformance";
import type {
  Expression,
  MatchCall,
  PatternSkip,
  PatternSpec,
  PatternVariable,
} from "@millrace/plan";
import { expect, test } from "vitest";
import { column, float64, int64, operatorOf } from "../fixtures.ts";
import {
  aggregate,
  apply,
  batchOfRows,
  cell,
  patternInput,
  read,
  whole,
} from "./pattern-fixtures.ts";

// The examples of Flink's documentation of MATCH_RECOGNIZE: prices, and the times of their rows.

const n = column("n", int64);
const pastLast: PatternSkip = { kind: "past-last-row" };

interface Example {
  readonly prices: readonly number[];
  /** Between rows. */
  readonly stepMs?: number;
  readonly variables: readonly PatternVariable[];
  readonly conditionCalls?: readonly MatchCall[];
  readonly measures: Readonly<Record<string, MatchCall>>;
  readonly skip?: PatternSkip;
  readonly withinMs?: number;
}

function variable(
  name: string,
  quantifier: "" | "+" | "*" | "*?",
  condition?: Expression,
): PatternVariable {
  return {
    name,
    min: quantifier === "" || quantifier === "+" ? 1 : 0,
    ...(quantifier === "" ? { max: 1 } : {}),
    isReluctant: quantifier === "*?",
    isRelaxed: false,
    ...(condition === undefined ? {} : { condition }),
  };
}

function matchesOf(example: Example): unknown[][] {
  const { prices, stepMs = 1, variables, conditionCalls = [], measures } = example;
  const columns = Object.entries(measures).map(([name, call]) => ({
    name,
    expression: read(call),
  }));
  const spec: PatternSpec = {
    kind: "pattern",
    keys: ["key"],
    variables,
    withinMs: example.withinMs ?? 1_000_000,
    skip: example.skip ?? pastLast,
    conditionCalls,
    calls: Object.values(measures),
    columns,
  };
  const fields = columns.map(({ name, expression }) => ({ name, type: expression.type }));
  const key = patternInput[0]!;
  const schemas = { input: { fields: patternInput }, output: { fields: [key, ...fields] } };
  const operator = operatorOf(spec, schemas);
  const out = collectOutput();
  // The number of a row stands in its column x.
  const rows = prices.map((price, i) => ({
    key: "ACME",
    time: i * stepMs,
    partition: 0,
    offset: i,
    n: price,
    x: i,
  }));
  operator.process(batchOfRows(rows), out, 0);
  operator.advanceWatermark(Infinity, out);
  return out.rows.map((row) => Object.keys(measures).map((name) => row[name]));
}

test("finds the period of a falling price", () => {
  const [before, last] = [cell("down", "last", 1), cell("start", "last")];
  const falls = apply("lt", n, read(before));
  const begins = apply("and", apply("isNull", read(before)), apply("lt", n, read(last)));
  const found = matchesOf({
    prices: [12, 17, 19, 21, 25, 18, 15, 14, 24, 25, 19],
    variables: [
      variable("start", ""),
      variable("down", "+", apply("or", begins, falls)),
      variable("up", "", apply("gt", n, read(before))),
    ],
    conditionCalls: [before, last],
    measures: {
      start: cell("start", "last", 0, "x"),
      bottom: cell("down", "last", 0, "x"),
      end: cell("up", "last", 0, "x"),
    },
    skip: { kind: "to-last", variable: "up" },
  });
  expect(found).toEqual([[4, 7, 8]]);
});

test("finds the longest periods with an average below a bound", () => {
  const average = aggregate("a", "mean");
  const bound: Expression = { kind: "literal", value: 15, type: float64 };
  const found = matchesOf({
    prices: [12, 17, 13, 16, 25, 2, 4, 10, 15, 25, 25, 30],
    variables: [variable("a", "+", apply("lt", read(average), bound)), variable("b", "")],
    conditionCalls: [average],
    measures: {
      start: cell("a", "first", 0, "x"),
      end: cell("a", "last", 0, "x"),
      average,
    },
  });
  expect(found).toEqual([
    [0, 3, 14.5],
    [5, 10, 13.5],
  ]);
});

test.each([
  { quantifier: "*", last: [[16]] },
  { quantifier: "*?", last: [[13], [16]] },
] as const)("takes as much as the quantifier $quantifier says", ({ quantifier, last }) => {
  const found = matchesOf({
    prices: [10, 11, 12, 13, 14, 16],
    variables: [
      variable("a", "", apply("gt", n, whole(10))),
      variable("b", quantifier, apply("lt", n, whole(15))),
      variable("c", "", apply("gt", n, whole(12))),
    ],
    measures: { last: cell("c", "last") },
  });
  expect(found).toEqual(last);
});

test("finds a price drop within an hour, the hour included", () => {
  const start = cell("a", "last");
  const less: Expression = {
    kind: "call",
    function: "subtract",
    arguments: [read(start), whole(10)],
    type: { ...int64, nullable: true },
  };
  const found = matchesOf({
    prices: [20, 17, 18, 11, 14, 9, 15, 14, 24, 1, 19],
    stepMs: 20 * 60_000,
    withinMs: 60 * 60_000,
    variables: [
      variable("a", ""),
      variable("b", "+", apply("gt", n, less)),
      variable("c", "", apply("lt", n, less)),
    ],
    conditionCalls: [start],
    measures: { from: cell("a", "last"), to: cell("c", "last") },
  });
  expect(found).toEqual([[15, 1]]);
});

const sums = [
  [26, 0, 3],
  [24, 1, 4],
  [15, 2, 4],
  [22, 3, 5],
  [17, 4, 5],
];

function sumsOf(skip: PatternSkip, min = 1): unknown[][] {
  const sum = aggregate("a", "sum");
  return matchesOf({
    prices: [7, 9, 10, 5, 17, 14],
    variables: [
      { ...variable("a", "+", apply("lt", read(sum), whole(30))), min },
      variable("c", ""),
    ],
    conditionCalls: [sum],
    measures: { sum, start: cell("a", "first", 0, "x"), end: cell("c", "last", 0, "x") },
    skip,
  });
}

test.each([
  { skip: pastLast, expected: [sums[0], sums[4]] },
  { skip: { kind: "to-next-row" }, expected: sums },
] as const)("goes on $skip.kind", ({ skip, expected }) => {
  expect(sumsOf(skip)).toEqual(expected);
});

test("goes on at the last row of a variable, and refuses to loop there", () => {
  const skip = { kind: "to-last", variable: "a" } as const;
  expect(sumsOf(skip, 2)).toEqual([sums[0], sums[2], sums[3]]);
  // The match from 17 to 14 has one row of `a`: it would be found again.
  expect(() => sumsOf(skip)).toThrow(
    expect.objectContaining({
      code: "RUN_PATTERN_LOOPS",
      params: expect.objectContaining({ variable: "a" }),
    }),
  );
});
