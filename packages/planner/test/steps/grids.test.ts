import type { LogicalNode } from "@millrace/plan";
import { checkPlan } from "@millrace/planner";
import { expect, test } from "vitest";
import { column, flightSchema, int, keyBy, plan, sink, source, text } from "../sample-plan.ts";

const base = { inputs: ["by"], schema: flightSchema, keys: ["origin"] };
const grid = { everyMs: 10, anchorMs: 0, maxGapMs: 100, upTo: "last-row" } as const;
const start = [source(), keyBy("by", "flights", ["origin"])];

function problemsOf(node: LogicalNode): readonly (readonly [string, string])[] {
  const nodes = [...start, node, sink("out", node.id)];
  return checkPlan(plan(...nodes)).map(({ code, message }) => [code, message] as const);
}

const resample: LogicalNode = {
  ...base,
  ...grid,
  kind: "resample",
  id: "even",
  time: "time",
  columns: [{ name: "delay", expression: column("delay", int), method: "linear" }],
};
const gapFill: LogicalNode = {
  ...base,
  ...grid,
  kind: "gapFill",
  id: "filled",
  times: [{ column: "departedAt", shiftMs: 0 }],
  fills: [{ column: "delay", fill: { by: "linear" } }],
};
const interpolate: LogicalNode = {
  ...base,
  kind: "interpolate",
  id: "known",
  columns: ["delay"],
  method: "linear",
  maxGapMs: 100,
};

test("grids that are possible pass the check", () => {
  for (const node of [resample, gapFill, interpolate]) expect(problemsOf(node)).toEqual([]);
});

test("a line needs numbers", () => {
  const columns = [{ name: "o", expression: column("origin", text), method: "linear" as const }];
  const fills = [{ column: "origin", fill: { by: "linear" } as const }];
  const wrong = [
    { ...resample, columns },
    { ...gapFill, fills },
    { ...interpolate, columns: ["origin"] },
  ];
  expect(wrong.flatMap(problemsOf)).toEqual([
    ["PLAN_TYPE_MISMATCH", "even expects a number for linear of o, got utf8."],
    ["PLAN_TYPE_MISMATCH", "filled expects a number for linear of origin, got utf8."],
    ["PLAN_TYPE_MISMATCH", "known expects a number for linear of origin, got utf8."],
  ]);
});

test("columns that the input does not have are refused", () => {
  const wrong = [
    { ...gapFill, times: [{ column: "at", shiftMs: 0 }] },
    { ...interpolate, columns: ["speed"] },
  ];
  expect(wrong.flatMap(problemsOf).map(([code]) => code)).toEqual([
    "PLAN_COLUMN_UNKNOWN",
    "PLAN_COLUMN_UNKNOWN",
  ]);
});

test("gaps without a bound, or with too many points, are refused", () => {
  const wrong = [
    { ...resample, maxGapMs: Infinity },
    { ...gapFill, everyMs: 1, maxGapMs: 1_000_000 },
    { ...interpolate, maxGapMs: 0 },
  ];
  expect(wrong.flatMap(problemsOf)).toEqual([
    ["PLAN_ARGUMENT_INVALID", "even: maxGap must be a duration greater than zero."],
    ["PLAN_ARGUMENT_INVALID", "filled: maxGap must not be longer than 100000 times every."],
    ["PLAN_ARGUMENT_INVALID", "known: maxGap must be a duration greater than zero."],
  ]);
});

test("a grid needs event time", () => {
  const { eventTime: _, ...timeless } = source();
  const nodes = [timeless, ...start.slice(1), gapFill, sink("out", "filled")];
  expect(checkPlan(plan(...nodes)).map(({ code }) => code)).toEqual(["PLAN_EVENT_TIME_MISSING"]);
});
