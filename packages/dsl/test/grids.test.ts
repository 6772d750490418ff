import { hours, minutes, seconds, t } from "@millrace/core";
import type { LogicalPlan } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import {
  count,
  hopping,
  type KeyedStream,
  linear,
  mean,
  next,
  pipeline,
  previous,
  session,
  tumbling,
} from "../src/index.ts";
import { table } from "./fixtures.ts";

const Row = t.row({
  at: t.timestamp(),
  key: t.utf8(),
  x: t.float64().nullable(),
  n: t.int32(),
  s: t.utf8(),
});
type Rows = KeyedStream<(typeof Row)["valueType"], "key">;

// oxlint-disable-next-line typescript/no-explicit-any -- mistakes that the types refuse
type Untyped = any;

function build(define: (rows: Rows) => void): LogicalPlan {
  return pipeline("test", (p) => {
    define(p.source("rows", table(Row), { eventTime: (r) => r.at }).keyBy("key"));
  }).build();
}

function lastNode(define: (rows: Rows) => void): LogicalPlan["nodes"][number] | undefined {
  const plan = build(define);
  expect(plan.problems).toEqual([]);
  return plan.nodes.at(-1);
}

function problemsOf(define: (rows: Untyped) => unknown): readonly string[] {
  return build(define).problems.map(({ message }) => message);
}

const types = (node: LogicalPlan["nodes"][number] | undefined): readonly string[] | undefined =>
  node?.schema.fields.map(({ name, type }) => `${name}: ${type.kind}${type.nullable ? "?" : ""}`);

describe("resample", () => {
  it("makes rows of the keys, the time of the point and the columns", () => {
    const node = lastNode((rows) => {
      rows.resample("even", {
        every: minutes(1),
        maxGap: minutes(5),
        columns: (r) => ({ x: linear(r.x), twice: next(r.n.times(2)), s: previous(r.s) }),
      });
    });
    expect(types(node)).toEqual([
      "key: utf8",
      "time: timestamp",
      "x: float64?",
      "twice: int64",
      "s: utf8",
    ]);
    expect(node).toMatchObject({ everyMs: 60_000, maxGapMs: 300_000, upTo: "last-row" });
  });

  it.each<[string, (rows: Untyped) => unknown, string]>([
    [
      "a column without a method",
      (rows) => rows.resample("r", { every: 1, maxGap: 5, columns: () => ({ x: 5 }) }),
      'resample "r": x must say how it is read: previous, next, nearest or linear.',
    ],
    [
      "a line between texts",
      (rows) =>
        rows.resample("r", { every: 1, maxGap: 5, columns: (r: Untyped) => ({ s: linear(r.s) }) }),
      'resample "r" expects a number for linear, got utf8.',
    ],
    [
      "a next row up to the watermark",
      (rows) =>
        rows.resample("r", {
          every: 1,
          maxGap: 5,
          upTo: "watermark",
          columns: (r: Untyped) => ({ s: next(r.s) }),
        }),
      'resample "r": up to the watermark there is no next row, and s is read by next; only previous is possible.',
    ],
    [
      "the name of a key for the time",
      (rows) => rows.resample("r", { every: 1, maxGap: 5, time: "key", columns: () => ({}) }),
      'resample "r" makes a second column "key".',
    ],
  ])("refuses %s", (_, define, message) => {
    expect(problemsOf(define)).toEqual([message]);
  });

  it.each([
    [0, 5, "every must be a duration greater than zero"],
    [10, 5, "maxGap must be at least as long as every"],
    [1, 100_001, "maxGap must not be longer than 100000 times every"],
    [1, 0.5, "maxGap must be a duration greater than zero"],
  ])("refuses points every %d ms over gaps of %d ms", (every, maxGap, problem) => {
    const define = (rows: Untyped): unknown =>
      rows.resample("r", { every, maxGap, columns: () => ({}) });
    expect(problemsOf(define)).toEqual([`resample "r": ${problem}.`]);
  });
});

describe("gapFill", () => {
  it("takes its grid from the window above", () => {
    const node = lastNode((rows) => {
      rows
        .window(tumbling(minutes(1), { offset: seconds(15) }))
        .aggregate("w", (r) => ({ rows: count(), x: mean(r.x), n: mean(r.n) }))
        .where((w) => w.rows.gt(1))
        .gapFill("filled", { maxGap: hours(1), fill: { rows: 0, x: "linear" } });
    });
    expect(node).toMatchObject({
      kind: "gapFill",
      everyMs: 60_000,
      anchorMs: 74_999,
      times: [
        { column: "windowStart", shiftMs: -59_999 },
        { column: "windowEnd", shiftMs: 1 },
      ],
      fills: [
        { column: "rows", fill: { by: "constant", value: { kind: "literal", value: 0 } } },
        { column: "x", fill: { by: "linear" } },
      ],
    });
    expect(types(node)).toEqual([
      "key: utf8",
      "windowStart: timestamp",
      "windowEnd: timestamp",
      "rows: int64",
      "x: float64?",
      "n: float64?",
    ]);
  });

  it("goes by the slide of a hopping window", () => {
    const node = lastNode((rows) => {
      rows
        .window(hopping(minutes(10), minutes(2)))
        .aggregate("w", () => ({ rows: count() }))
        .gapFill("filled", { maxGap: hours(1) });
    });
    expect(node).toMatchObject({ everyMs: 120_000, anchorMs: 599_999 });
  });

  it("takes a time between rows and the column of the time elsewhere", () => {
    const node = lastNode((rows) => {
      rows.gapFill("filled", {
        every: minutes(1),
        time: "at",
        maxGap: hours(1),
        fill: { s: { value: "none" }, n: "null" },
      });
    });
    expect(node).toMatchObject({ anchorMs: 0, times: [{ column: "at", shiftMs: 0 }] });
    expect(types(node)).toEqual([
      "at: timestamp",
      "key: utf8",
      "x: float64?",
      "n: int32?",
      "s: utf8",
    ]);
  });

  const grid = { every: 10, time: "at", maxGap: 50 };
  it.each<[string, (rows: Untyped) => unknown, string]>([
    [
      "sessions",
      (rows) =>
        rows
          .window(session(minutes(1)))
          .aggregate("w", () => ({ rows: count() }))
          .gapFill("g", { maxGap: 50 }),
      'gapFill "g": give every, and the column of the time; only after a tumbling or hopping window are they known.',
    ],
    [
      "another time between rows than the window's",
      (rows) =>
        rows
          .window(tumbling(seconds(10)))
          .aggregate("w", () => ({ rows: count() }))
          .gapFill("g", { every: seconds(20), maxGap: seconds(50) }),
      'gapFill "g": every is 10000 ms, as of the window above; leave it out.',
    ],
    [
      "a time that is none",
      (rows) => rows.gapFill("g", { ...grid, time: "n" }),
      'gapFill "g" expects a timestamp for n, got int32.',
    ],
    [
      "a line between texts",
      (rows) => rows.gapFill("g", { ...grid, fill: { s: "linear" } }),
      'gapFill "g" expects a number for linear of s, got utf8.',
    ],
    [
      "a line up to the watermark",
      (rows) => rows.gapFill("g", { ...grid, upTo: "watermark", fill: { n: "linear" } }),
      'gapFill "g": up to the watermark there is no next row, and n is filled by linear.',
    ],
    [
      "a text that may be a misspelt method",
      (rows) => rows.gapFill("g", { ...grid, fill: { s: "last" } }),
      'gapFill "g" expects null, previous, linear or a constant of utf8 for s, got "last".',
    ],
    [
      "a constant of another type",
      (rows) => rows.gapFill("g", { ...grid, fill: { n: 1.5 } }),
      'gapFill "g" expects null, previous, linear or a constant of int32 for n, got 1.5.',
    ],
    [
      "a key",
      (rows) => rows.gapFill("g", { ...grid, fill: { key: { value: "a" } } }),
      'gapFill "g": key is a key, and is not filled.',
    ],
    [
      "the time",
      (rows) => rows.gapFill("g", { ...grid, fill: { at: "previous" } }),
      'gapFill "g": at is the time, and is not filled.',
    ],
    [
      "a reach that is none",
      (rows) => rows.gapFill("g", { ...grid, upTo: "now" }),
      'gapFill "g": upTo must be last-row or watermark.',
    ],
  ])("refuses %s", (_, define, message) => {
    expect(problemsOf(define)).toEqual([message]);
  });
});

describe("interpolate", () => {
  it("keeps the columns", () => {
    const node = lastNode((rows) => {
      rows.interpolate("known", { columns: ["x"], maxGap: minutes(5) });
    });
    expect(node).toMatchObject({ columns: ["x"], method: "linear", maxGapMs: 300_000 });
    expect(types(node)).toContain("x: float64?");
  });

  it.each<[Untyped, string]>([
    [{ columns: ["n"] }, 'interpolate "i": n is never null.'],
    [{ columns: [] }, 'interpolate "i": name at least one column.'],
    [{ columns: ["key"], method: "next" }, 'interpolate "i": key is a key, and is not filled.'],
    [
      { columns: ["x"], method: "nearest" },
      'interpolate "i": method must be linear, previous or next.',
    ],
    [
      { columns: ["y"] },
      'interpolate "i" names the column "y", which the stream does not have (it has at, key, x, n, s).',
    ],
  ])("refuses %o", (options, message) => {
    expect(problemsOf((rows) => rows.interpolate("i", { maxGap: 5, ...options }))[0]).toBe(message);
  });
});

it("a forecast after a grid knows the step", () => {
  const node = lastNode((rows) => {
    rows
      .resample("even", {
        every: minutes(1),
        maxGap: hours(1),
        columns: (r) => ({ n: previous(r.n) }),
      })
      .forecast("ahead", {
        value: "n",
        model: { role: "forecaster", kind: "any", options: {} },
        horizon: minutes(3),
      });
  });
  expect(node).toMatchObject({ stepMs: 60_000 });
});
