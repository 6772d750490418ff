import { hours, t } from "@millrace/core";
import type { LogicalPlan } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import {
  count,
  countWindow,
  daily,
  globalWindow,
  max,
  mean,
  pipeline,
  type PipelineBuilder,
  session,
  type Stream,
  sum,
  tumbling,
} from "../src/index.ts";
import { Flight, seasonal, store, table, theta, topic } from "./fixtures.ts";

const Row = t.row({ at: t.timestamp(), key: t.utf8(), x: t.float64(), late: t.boolean() });

interface RowValue {
  at: never;
  key: string;
  x: number;
  late: boolean;
}

function planOf(define: (p: PipelineBuilder) => void): LogicalPlan {
  return pipeline("test", define).build();
}

// oxlint-disable-next-line typescript/no-explicit-any -- these tests are callers without types
type Untyped = any;

function problemsOf(
  define: (rows: Untyped, p: PipelineBuilder) => void,
): readonly (readonly [string, string])[] {
  const plan = planOf((p) =>
    define(p.source("rows", table(Row)) as unknown as Stream<RowValue>, p),
  );
  return plan.problems.map((problem) => [problem.code, problem.message] as const);
}

/** The line of this file where the caller of this function's caller stands. */
function lineHere(): number {
  const frame = new Error("line").stack?.split("\n")[2] ?? "";
  return Number(/:(\d+):\d+\)?$/.exec(frame)?.[1]);
}

describe("problems", () => {
  it("refuses what && leaves out, with the user's line", () => {
    let line = 0;
    const plan = planOf((p) => {
      const rows = p.source("rows", table(Row));
      line = lineHere() + 1;
      rows.where((r) => r.late && r.x.gt(5)).sink("out", store());
    });
    const [problem, ...others] = plan.problems;
    expect(others).toEqual([]);
    expect(problem?.code).toBe("PLAN_EXPRESSION_UNUSED");
    expect(problem?.message).toBe("An expression in where is not part of its result: late.");
    expect(problem?.where.file).toMatch(/test\/problems\.test\.ts$/);
    expect(problem?.where.line).toBe(line);
    expect(problem?.where.pipeline).toBe("test");
  });

  it("prints the whole unused expression, not its parts", () => {
    expect(problemsOf((rows) => rows.where((r: Untyped) => r.x.gt(5) && r.late))).toEqual([
      ["PLAN_EXPRESSION_UNUSED", "An expression in where is not part of its result: x > 5."],
    ]);
  });

  it("refuses an aggregate that is made and not returned", () => {
    const problems = problemsOf((rows) => {
      const windowed = rows.keyBy("key").window(tumbling(hours(1)));
      windowed.aggregate("a", (r: Untyped) => max(r.x) && { n: count() });
    });
    expect(problems.map(([code]) => code)).toEqual(["PLAN_EXPRESSION_UNUSED"]);
  });

  it("lets a spread row be overwritten, and an aggregate be filtered", () => {
    const problems = problemsOf((rows) => {
      rows
        .select((r: Untyped) => ({ ...r, x: r.x.plus(1) }))
        .keyBy("key")
        .window(tumbling(hours(1)))
        .aggregate("a", (r: Untyped) => ({ n: sum(r.x).filter(r.late).distinct() }));
    });
    expect(problems).toEqual([]);
  });

  it("names an unknown column once, and says nothing more of what is made of it", () => {
    expect(problemsOf((rows) => rows.where((r: Untyped) => r.y.plus(1).lower().gt(5)))).toEqual([
      [
        "PLAN_COLUMN_UNKNOWN",
        'where names the column "y", which the stream does not have (it has at, key, x, late).',
      ],
    ]);
  });

  it("collects all problems and does not stop at the first", () => {
    const problems = problemsOf((rows, p) => {
      rows.where((r: Untyped) => r.x);
      rows.select("y");
      p.source("rows", table(Row));
      rows.sink("1 st", store());
    });
    expect(problems.map(([code]) => code)).toEqual([
      "PLAN_TYPE_MISMATCH",
      "PLAN_COLUMN_UNKNOWN",
      "PLAN_ID_DUPLICATE",
      "PLAN_ID_INVALID",
    ]);
  });

  it.each([
    ["window", (rows: Untyped) => rows.window(tumbling(hours(1)))],
    ["detect", (rows: Untyped) => rows.detect("d", { value: "x", detector: seasonal })],
    [
      "forecast",
      (rows: Untyped) => rows.forecast("f", { value: "x", model: theta, horizon: hours(1) }),
    ],
  ])("says that keyBy must come before %s", (step, build) => {
    expect(problemsOf(build)).toEqual([
      ["PLAN_ARGUMENT_INVALID", `keyBy must come before ${step}.`],
    ]);
  });

  it.each<[string, (keyed: Untyped) => void, string]>([
    [
      "an unknown time zone",
      (keyed) => keyed.window(daily({ timeZone: "Mars/Base" })),
      "PLAN_TIME_ZONE_UNKNOWN",
    ],
    ["a window of no rows", (keyed) => keyed.window(countWindow(0)), "PLAN_WINDOW_STEP_INVALID"],
    [
      "a trigger of no time",
      (keyed) => keyed.window(globalWindow({ every: hours(0) })),
      "PLAN_WINDOW_SIZE_INVALID",
    ],
    [
      "emit for a global window",
      (keyed) => keyed.window(countWindow(5), { emit: "on-end" }),
      "PLAN_WINDOW_STEP_INVALID",
    ],
    [
      "lateness for a global window",
      (keyed) => keyed.window(countWindow(5), { allowedLateness: hours(1) }),
      "PLAN_ARGUMENT_INVALID",
    ],
    [
      "an unknown emit",
      (keyed) => keyed.window(tumbling(hours(1)), { emit: "now" }),
      "PLAN_ARGUMENT_INVALID",
    ],
    [
      "early results at no time",
      (keyed) => keyed.window(tumbling(hours(1)), { emit: { every: 0 } }),
      "PLAN_WINDOW_SIZE_INVALID",
    ],
    [
      "a frame of no rows",
      (keyed) => keyed.over("o", { rows: 0 }, () => ({ n: count() })),
      "PLAN_WINDOW_STEP_INVALID",
    ],
    [
      "a frame of rows and time",
      (keyed) => keyed.over("o", { rows: 5, within: hours(1) }, () => ({ n: count() })),
      "PLAN_ARGUMENT_INVALID",
    ],
    [
      "a frame whose ties go by a column of texts",
      (keyed) => keyed.over("o", { rows: 5, tieBreak: ["key" as "x"] }, () => ({ n: count() })),
      "PLAN_TYPE_MISMATCH",
    ],
    [
      "a frame's column that the row has",
      (keyed) => keyed.over("o", { rows: 5 }, () => ({ x: count() })),
      "PLAN_COLUMN_DUPLICATE",
    ],
  ])("refuses %s", (_, build, code) => {
    const problems = problemsOf((rows) => build(rows.keyBy("key")));
    expect(problems.map(([found]) => found)).toContain(code);
  });

  it("refuses an alias that is taken by a key or by the window", () => {
    const problems = problemsOf((rows) => {
      const windowed = rows.keyBy("key").window(tumbling(hours(1)));
      windowed.aggregate("a", () => ({ key: count() }));
      windowed.aggregate("b", () => ({ windowStart: count() }));
    });
    expect(problems).toEqual([
      ["PLAN_COLUMN_DUPLICATE", 'aggregate "a" makes a second column "key".'],
      ["PLAN_COLUMN_DUPLICATE", 'aggregate "b" makes a second column "windowStart".'],
    ]);
  });

  it("refuses a column outside of an aggregate", () => {
    const problems = problemsOf((rows) => {
      const windowed = rows.keyBy("key").window(tumbling(hours(1)));
      windowed.aggregate("a", (r: Untyped) => ({ a: r.x, b: mean(r.x).plus(r.x) }));
    });
    expect(problems.map(([code]) => code)).toEqual([
      "PLAN_ARGUMENT_INVALID",
      "PLAN_ARGUMENT_INVALID",
    ]);
    expect(problems[0]?.[1]).toContain("the column x in a stands outside of an aggregate");
  });

  it("keeps the keys of a keyed stream", () => {
    const problems = problemsOf((rows) => {
      const keyed = rows.keyBy("key");
      keyed.drop("key");
      keyed.rename({ key: "k" });
      keyed.withColumns((r: Untyped) => ({ key: r.key.lower() }));
    });
    expect(problems.map(([, message]) => message)).toEqual([
      "drop: key is a key and must stay; select without it, or key anew.",
      "rename: key is a key and must stay; select without it, or key anew.",
      "withColumns: key is a key and cannot be replaced; choose another name.",
    ]);
  });

  it("refuses column names that start with $", () => {
    const problems = problemsOf((rows) => {
      rows.select((r: Untyped) => ({ $time: r.x }));
      rows.rename({ x: "$x" });
    });
    expect(problems.map(([code]) => code)).toEqual([
      "PLAN_ARGUMENT_INVALID",
      "PLAN_ARGUMENT_INVALID",
    ]);
  });

  it("refuses a union of streams with other columns", () => {
    const problems = problemsOf((rows) => rows.union(rows.select("key")));
    expect(problems.map(([code]) => code)).toEqual(["PLAN_TYPE_MISMATCH"]);
  });

  it("refuses operands of types that do not go together", () => {
    const problems = problemsOf((rows) => {
      rows.where((r: Untyped) => r.x.gt("a"));
      rows.where((r: Untyped) => r.key.plus(1).gt(5));
      rows.where((r: Untyped) => r.at.gt(r.x));
      rows.where((r: Untyped) => r.x.contains("a"));
    });
    expect(problems.map(([, message]) => message)).toEqual([
      'where expects float64, got "a".',
      "where expects utf8, got 1.",
      "where expects a value comparable with timestamp, got float64.",
      "where expects text, got float64.",
    ]);
  });

  it("refuses a detected value that is no number", () => {
    const problems = problemsOf((rows) =>
      rows.keyBy("key").detect("d", { value: "key", detector: seasonal }),
    );
    expect(problems).toEqual([
      ["PLAN_TYPE_MISMATCH", 'detect "d" expects a column of numbers, got key, which is utf8.'],
    ]);
  });

  it("refuses rows that a sink with a row type does not take", () => {
    const Taken = t.row({ key: t.utf8(), x: t.int32().nullable(), more: t.utf8() });
    const problems = problemsOf((rows) => rows.drop("at").sink("out", topic(Taken)));
    const step = 'sink "out"';
    expect(problems).toEqual([
      [
        "PLAN_COLUMN_UNKNOWN",
        `${step} names the column "more", which the stream does not have (it has key, x, late).`,
      ],
      ["PLAN_TYPE_MISMATCH", `${step} expects int32? for x, got x, which is float64.`],
      [
        "PLAN_ARGUMENT_INVALID",
        `${step}: the sink's row type has no column late; select without it.`,
      ],
    ]);
  });

  it("lets a sink take columns in another order, and values that are never null as nullable", () => {
    const Taken = t.row({ x: t.float64().nullable(), key: t.utf8() });
    const problems = problemsOf((rows) => rows.select("key", "x").sink("out", topic(Taken)));
    expect(problems).toEqual([]);
  });

  it("refuses nulls that a sink's column does not take", () => {
    const problems = planOf((p) => {
      const Nullable = t.row({ x: t.float64().nullable() });
      const rows: Untyped = p.source("rows", table(Nullable));
      rows.sink("out", topic(t.row({ x: t.float64() })));
    }).problems;
    expect(problems.map((problem) => problem.message)).toEqual([
      'sink "out" expects float64 for x, got x, which is float64?.',
    ]);
  });

  it("refuses a parameter whose default is of another type", () => {
    const { problems } = planOf((p) => {
      p.parameter("limit", t.int32(), 1.5);
    });
    expect(problems[0]?.code).toBe("PLAN_PARAMETER_INVALID");
  });

  it("knows the flights without any of this", () => {
    const plan = planOf((p) => p.source("flights", table(Flight)).sink("out", store()));
    expect(plan.problems).toEqual([]);
  });

  it("refuses options of joins that cannot be", () => {
    const found = problemsOf((rows) => {
      const keyed = rows.keyBy("key");
      const select = (l: Untyped): object => ({ key: l.key });
      const hour = { lower: hours(0), upper: hours(1) };
      keyed.join("a", keyed, { kind: "outer", select });
      keyed.join("b", keyed, { kind: "full", select });
      keyed.join("c", keyed, { forgetAfter: -1, select });
      keyed.windowJoin("d", keyed, { window: session(hours(1)), select });
      keyed.asOfJoin("e", keyed, { kind: "full", tolerance: 0.5, select });
      keyed.intervalJoin("f", keyed, { ...hour, upper: (l: Untyped) => l.x, select });
      keyed.intervalJoin("g", keyed, { ...hour, where: (l: Untyped) => l.x, select });
      rows.lookupTable("h", rows, { on: (r: Untyped) => ({ key: r.key }), select });
      rows.lookupTable("i", keyed, { on: (r: Untyped) => ({ x: r.x }), select });
      rows.lookupTable("j", keyed, { on: (r: Untyped) => ({ key: r.x }), select });
      keyed
        .aggregate("k", () => ({ n: count() }))
        .windowJoin("l", keyed, {
          window: tumbling(hours(1)),
          select,
        });
    });
    expect(found.map(([code, message]) => `${code} ${message}`)).toMatchInlineSnapshot(`
      [
        "PLAN_ARGUMENT_INVALID join "a": kind must be inner, left, right or full.",
        "PLAN_ARGUMENT_INVALID join "b": key is a key, and either side may be missing; select coalesce(left.key, right.key).",
        "PLAN_ARGUMENT_INVALID join "c": forgetAfter must be a duration of at least zero.",
        "PLAN_ARGUMENT_INVALID windowJoin "d": window must be tumbling or hopping.",
        "PLAN_ARGUMENT_INVALID asOfJoin "e": tolerance must be a duration of at least zero.",
        "PLAN_ARGUMENT_INVALID asOfJoin "e": kind must be inner or left.",
        "PLAN_ARGUMENT_INVALID asOfJoin "e": key is a key, and either side may be missing; select coalesce(left.key, right.key).",
        "PLAN_TYPE_MISMATCH intervalJoin "f" expects a timestamp of the left row, such as left.expires, got float64.",
        "PLAN_TYPE_MISMATCH intervalJoin "g" expects a condition made of expressions, such as row.x.gt(5), got float64.",
        "PLAN_ARGUMENT_INVALID keyBy must come before lookupTable.",
        "PLAN_TYPE_MISMATCH lookupTable "h" expects on to give the keys of the table: , got key.",
        "PLAN_TYPE_MISMATCH lookupTable "i" expects on to give the keys of the table: key, got x.",
        "PLAN_TYPE_MISMATCH lookupTable "j" expects key as utf8, got float64.",
        "PLAN_UPDATING_REFUSED windowJoin "l" needs rows that stay, and its stream is updating.",
      ]
    `);
  });
});
