import { isMillraceError, type MillraceError } from "@millrace/core";
import type {
  LogicalNode,
  LogicalPlan,
  MatchCall,
  WindowAggregateNode,
  WindowSpec,
} from "@millrace/plan";
import { expect, test } from "vitest";
import {
  checkPlan,
  explainLogical,
  explainMermaid,
  explainPhysical,
  planPipeline,
} from "@millrace/planner";
import {
  column,
  greater,
  hourly,
  keyBy,
  plan,
  plus,
  project,
  sink,
  source,
  where,
} from "./sample-plan.ts";

function planned(logical: LogicalPlan, partitions = 1) {
  return planPipeline(logical, { partitions, parameters: {} }).physical;
}

function problemsOf(logical: LogicalPlan): readonly MillraceError[] {
  try {
    planned(logical);
  } catch (error) {
    if (isMillraceError(error)) return error.problems;
    throw error;
  }
  return [];
}

const windowed = plan(
  source(),
  where("late", "flights", greater(column("delay"), 5)),
  keyBy("by", "late", ["origin"]),
  hourly("hourly", "by"),
  sink("out", "hourly"),
);

test("one partition makes one stage without a shuffle", () => {
  const physical = planned(windowed);
  expect(physical.stages.map((stage) => stage.id)).toEqual(["stage-flights"]);
  expect(physical.stages[0]?.outputs.map((output) => output.kind)).toEqual(["sink"]);
});

test("several partitions are cut where the key changes", () => {
  const physical = planned(windowed, 4);
  expect(physical.stages.map((stage) => stage.id)).toEqual(["stage-flights", "stage-hourly"]);
  expect(physical.stages[0]?.outputs).toMatchObject([
    { kind: "shuffle", keys: ["origin"], topic: "flights.by-origin.repartition" },
  ]);
  expect(physical.stages[1]?.inputs).toMatchObject([{ kind: "shuffle" }]);
});

test("filters and projections in a row become one operator", () => {
  const physical = planned(
    plan(
      source(),
      where("late", "flights", greater(column("delay"), 5)),
      where("far", "late", greater(column("distance"), 100)),
      project("sum", "far", { minutes: plus(column("delay"), 1) }),
      sink("out", "sum"),
    ),
  );
  expect(physical.stages[0]?.operators).toHaveLength(1);
  expect(physical.stages[0]?.operators[0]).toMatchObject({
    id: "sum",
    spec: { kind: "filterProject", predicate: { function: "and" } },
  });
});

test("every problem is reported at once, with its place", () => {
  const problems = problemsOf(
    plan(
      source("flights", { eventTime: column("delay") }),
      keyBy("by", "flights", ["origin"]),
      hourly("hourly", "by", { window: { kind: "tumbling", sizeMs: 0, offsetMs: 0 } }),
      hourly("hourly", "by"),
      sink("out", "hourly", { guarantee: "at-least-once", demandedGuarantee: "exactly-once" }),
    ),
  );
  expect(problems.map((problem) => problem.code)).toEqual([
    "PLAN_ID_DUPLICATE",
    "PLAN_EVENT_TIME_INVALID",
    "PLAN_WINDOW_SIZE_INVALID",
    "PLAN_GUARANTEE_IMPOSSIBLE",
  ]);
  expect(problems[1]?.where).toMatchObject({ file: "flights.pipeline.ts", line: 3 });
});

test("a step and its sink of the same id are reported, not followed in a circle", () => {
  const problems = problemsOf(
    plan(
      source(),
      keyBy("by", "flights", ["origin"]),
      hourly("same", "by"),
      keyBy("again", "same", ["origin"]),
      hourly("other", "again"),
      sink("same", "other"),
    ),
  );
  expect(problems.map((problem) => problem.code)).toContain("PLAN_ID_DUPLICATE");
});

test("a window over a source without event time is refused", () => {
  const { eventTime: _, ...timeless } = source();
  const problems = problemsOf(
    plan(timeless, keyBy("by", "flights", ["origin"]), hourly("hourly", "by"), sink("o", "hourly")),
  );
  expect(problems.map((problem) => problem.code)).toEqual(["PLAN_EVENT_TIME_MISSING"]);
});

test("a pipeline without a sink and a stream that nobody reads are refused", () => {
  expect(problemsOf(plan(source())).map((p) => p.code)).toEqual(["PLAN_SINK_MISSING"]);
  const unread = plan(
    source(),
    where("w", "flights", greater(column("delay"), 1)),
    sink("o", "flights"),
  );
  expect(problemsOf(unread).map((p) => p.code)).toEqual(["PLAN_STREAM_UNUSED"]);
});

test("a parameter's value takes its place in the expression; a wrong one is refused", () => {
  const threshold = { kind: "parameter", name: "threshold", type: column("delay").type } as const;
  const predicate = greater(column("delay"), 0);
  const logical: LogicalPlan = {
    ...plan(
      source(),
      where("late", "flights", {
        ...(predicate as Extract<typeof predicate, { kind: "call" }>),
        arguments: [column("delay"), threshold],
      }),
      sink("out", "late"),
    ),
    parameters: [{ name: "threshold", type: threshold.type, default: 3 }],
  };
  const values = (parameters: Record<string, string>) =>
    planPipeline(logical, { partitions: 1, parameters });
  const text = JSON.stringify(values({ threshold: "15" }).physical);
  expect(text).toContain('"value":15');
  expect(JSON.stringify(values({}).physical)).toContain('"value":3');
  expect(() => values({ threshold: "soon" })).toThrow(/1 problem/);
  expect(() => values({ thresold: "15" })).toThrow(/1 problem/);
});

test("a plan survives JSON", () => {
  const physical = planned(windowed, 2);
  expect(JSON.parse(JSON.stringify(physical))).toEqual(physical);
});

test("explain names stages, operators and edges", () => {
  const physical = planned(windowed, 2);
  expect(explainPhysical(physical)).toMatchInlineSnapshot(`
    "pipeline flights: 2 stages × 2 partitions
    stage-flights
      read flights: files columns departedAt, origin, delay, event time departedAt
      late ← flights
          where delay > 5 (order-free, vectorised)
      hourly-partial ← late
          put together tumbling 1h by origin: count (order-free, vectorised)
      shuffle ← hourly-partial by origin to flights.by-origin.repartition
    stage-hourly
      read flights.by-origin.repartition
      hourly ← flights.by-origin.repartition
          tumbling 1h by origin: sum (order-free, vectorised)
      sink out ← hourly: console, exactly-once"
  `);
  expect(explainMermaid(physical)).toContain("flowchart LR");
});

const topics = plan(
  source(),
  keyBy("by", "flights", ["origin"]),
  hourly("hourly", "by"),
  sink("totals", "hourly", { topic: "hourly", connector: "topic", keys: ["origin"] }),
  sink("copy", "by", { topic: "flights", connector: "topic", keys: ["origin"] }),
  sink("kept", "flights", { topic: "kept", connector: "topic" }),
);

test("a sink that is a topic is written by the task itself, and needs no shuffle before it", () => {
  const [first, second] = planned(topics, 2).stages;
  expect(first?.outputs).toMatchObject([
    { kind: "topic", sinkId: "copy", topic: "flights", keys: ["origin"] },
    { kind: "topic", sinkId: "kept", topic: "kept", keys: [] },
    { kind: "shuffle", topic: "flights.by-origin.repartition" },
  ]);
  expect(second?.outputs).toMatchObject([{ kind: "topic", topic: "hourly", keys: ["origin"] }]);
});

test("explain names the topics that are sinks", () => {
  const text = explainPhysical(planned(topics, 2));
  expect(text).toContain("  sink totals ← hourly by origin: topic hourly, exactly-once");
  expect(text).toContain("  sink kept ← flights by partition: topic kept, exactly-once");
  expect(explainLogical(topics)).toContain("    sink topic hourly, exactly-once");
  expect(explainMermaid(planned(topics, 2))).toContain('[("totals")]');
});

test("explain names the windows of a step", () => {
  const windows: readonly [WindowSpec, string][] = [
    [{ kind: "tumbling", sizeMs: 60_000, offsetMs: 0 }, "tumbling 1m"],
    [{ kind: "hopping", sizeMs: 3_600_000, slideMs: 60_000, offsetMs: 0 }, "hopping 1h every 1m"],
    [{ kind: "cumulate", stepMs: 3_600_000, sizeMs: 86_400_000, offsetMs: 0 }, "cumulate 1d by 1h"],
    [{ kind: "session", gapMs: 1_800_000 }, "session gap 30m"],
  ];
  for (const [window, text] of windows) {
    const logical = plan(
      source(),
      keyBy("by", "flights", ["origin"]),
      hourly("hourly", "by", { window }),
      sink("out", "hourly"),
    );
    expect(explainLogical(logical)).toContain(`    ${text} keyed by origin`);
    expect(explainPhysical(planned(logical, 1))).toContain(`${text} by origin: count`);
  }
});

test("a window that its DSL call would refuse is refused in a plan from elsewhere", () => {
  const window: WindowSpec = { kind: "hopping", sizeMs: 100, slideMs: 101, offsetMs: 0 };
  const problems = problemsOf(
    plan(
      source(),
      keyBy("by", "flights", ["origin"]),
      hourly("hourly", "by", { window }),
      sink("out", "hourly"),
    ),
  );
  expect(problems.map((problem) => problem.code)).toEqual(["PLAN_WINDOW_STEP_INVALID"]);
});

test("explain says how windows and frames give results", () => {
  const int64 = { kind: "int64", as: "number", nullable: false } as const;
  const seen = { function: "count", distinct: false, type: int64 } as const;
  const over: LogicalNode = {
    kind: "over",
    id: "recent",
    inputs: ["by"],
    keys: ["origin"],
    schema: { fields: [...source().schema.fields, { name: "seen", type: int64 }] },
    frame: { kind: "time", sizeMs: 300_000 },
    tieColumns: ["delay"],
    columns: [{ name: "seen", expression: column("$0", int64), calls: [seen] }],
  };
  const logical = plan(
    source(),
    keyBy("by", "flights", ["origin"]),
    over,
    hourly("days", "recent", {
      window: { kind: "calendar", unit: "day", timeZone: "Europe/Berlin" },
      emit: { kind: "every", everyMs: 60_000 },
      updating: { uniqueKey: ["origin", "windowStart", "windowEnd"] },
    }),
    sink("out", "days", {
      schema: hourly("days", "recent").schema,
      updatesKey: ["origin", "windowStart", "windowEnd"],
    }),
  );
  expect(explainLogical(logical)).toContain("over the last 5m, ties by delay: seen");
  expect(explainLogical(logical)).toContain("each day of Europe/Berlin, updating every 1m");
  const physical = explainPhysical(planned(logical));
  expect(physical).toMatch(/over the last 5m by origin: .*\(event-ordered/);
  expect(physical).toContain("each day of Europe/Berlin, updating every 1m by origin: count");
});

test.each([
  ["nothing", "PLAN_COLUMN_UNKNOWN"],
  ["origin", "PLAN_TYPE_MISMATCH"],
])("refuses a frame whose ties go by %s", (column, code) => {
  const over: LogicalNode = {
    kind: "over",
    id: "recent",
    inputs: ["by"],
    keys: ["origin"],
    schema: source().schema,
    frame: { kind: "rows", count: 5 },
    tieColumns: [column],
    columns: [],
  };
  const logical = plan(
    source(),
    keyBy("by", "flights", ["origin"]),
    over,
    sink("out", "recent", { schema: source().schema }),
  );
  expect(checkPlan(logical).map((problem) => problem.code)).toEqual([code]);
});

test("columns of a frame that nobody reads are not computed", () => {
  const int64 = { kind: "int64", as: "number", nullable: false } as const;
  const seen = { function: "count", distinct: false, type: int64 } as const;
  const most = {
    function: "max",
    distinct: false,
    type: int64,
    argument: column("delay"),
  } as const;
  const over: LogicalNode = {
    kind: "over",
    id: "recent",
    inputs: ["by"],
    keys: ["origin"],
    schema: {
      fields: [
        ...source().schema.fields,
        { name: "seen", type: int64 },
        { name: "most", type: int64 },
      ],
    },
    frame: { kind: "rows", count: 5 },
    columns: [
      { name: "seen", expression: column("$0", int64), calls: [seen] },
      { name: "most", expression: column("$0", int64), calls: [most] },
    ],
  };
  const logical = plan(
    source(),
    keyBy("by", "flights", ["origin"]),
    over,
    project("short", "recent", { seen: column("seen", int64) }),
    sink("out", "short"),
  );
  const [stage] = planned(logical).stages;
  const [input] = stage?.inputs ?? [];
  if (input?.kind !== "source") throw new Error("the stage reads the source");
  expect(input.columns.map(({ name }) => name)).toEqual(["departedAt", "origin"]);
  expect(stage?.operators[0]?.spec).toMatchObject({ kind: "over", calls: [seen] });
});

test.each<[string, WindowAggregateNode["window"], WindowAggregateNode["emit"], string]>([
  [
    "an unknown time zone",
    { kind: "calendar", unit: "day", timeZone: "Mars/Base" },
    undefined,
    "PLAN_TIME_ZONE_UNKNOWN",
  ],
  [
    "a week that starts on no day",
    { kind: "calendar", unit: "week", timeZone: "UTC", weekStart: 7 },
    undefined,
    "PLAN_WINDOW_STEP_INVALID",
  ],
  [
    "early results of a global window",
    { kind: "global", trigger: { kind: "rows", count: 5 }, purge: true },
    { kind: "on-end" },
    "PLAN_WINDOW_STEP_INVALID",
  ],
])("the check refuses %s", (_, window, emit, code) => {
  const change = emit === undefined ? { window } : { window, emit };
  const logical = plan(
    source(),
    keyBy("by", "flights", ["origin"]),
    hourly("h", "by", change),
    sink("out", "h"),
  );
  expect(problemsOf(logical).map((problem) => problem.code)).toEqual([code]);
});

test("the check refuses aggregates that frames cannot combine", () => {
  const int64 = { kind: "int64", as: "number", nullable: false } as const;
  const calls = [
    { function: "quantile", distinct: false, type: int64, argument: column("delay"), q: 0.5 },
    { function: "count", distinct: true, type: int64, argument: column("delay") },
  ] as const;
  const over: LogicalNode = {
    kind: "over",
    id: "recent",
    inputs: ["by"],
    keys: ["origin"],
    schema: { fields: [...source().schema.fields, { name: "seen", type: int64 }] },
    frame: { kind: "rows", count: 5 },
    columns: [{ name: "seen", expression: column("$0", int64), calls }],
  };
  const logical = plan(source(), keyBy("by", "flights", ["origin"]), over, sink("out", "recent"));
  expect(problemsOf(logical).map((problem) => problem.message)).toEqual([
    'over "recent": quantile of int32 is not possible over a frame.',
    'over "recent": count of distinct values of int32 is not possible over a frame.',
  ]);
});

test("the check refuses a pattern that its DSL call would refuse, and reads what is wanted of it", () => {
  const cell = (name: string, of: string): MatchCall => {
    const type = column(of).type;
    return { kind: "cell", name, variable: "a", from: "last", offset: 0, column: of, type };
  };
  const type = { kind: "int32", nullable: true } as const;
  const variable = { name: "a", min: 1, max: 1, isReluctant: false, isRelaxed: false };
  const pattern: LogicalNode = {
    kind: "pattern",
    id: "match",
    inputs: ["by"],
    keys: ["origin"],
    schema: {
      fields: [
        { name: "origin", type: column("origin").type },
        { name: "late", type },
      ],
    },
    variables: [variable],
    withinMs: 1_000,
    skip: { kind: "past-last-row" },
    conditionCalls: [],
    calls: [cell("$a.last.delay", "delay"), cell("$a.last.origin", "origin")],
    columns: [
      { name: "late", expression: column("$a.last.delay") },
      { name: "unread", expression: column("$a.last.origin") },
    ],
  };
  const planOf = (node: LogicalNode): LogicalPlan =>
    plan(source(), keyBy("by", "flights", ["origin"]), node, sink("out", "match"));
  const loop = { ...pattern, skip: { kind: "to-first", variable: "a" } } as const;
  expect(problemsOf(planOf(loop)).map((problem) => problem.message)).toEqual([
    'pattern "match": skip: a match begins with that row of a, so it would be found again without end.',
  ]);
  const [stage] = planned(planOf(pattern)).stages;
  const spec = stage?.operators[0]?.spec;
  expect(spec).toMatchObject({ kind: "pattern", columns: [{ name: "late" }] });
  expect(spec).toMatchObject({ calls: [{ name: "$a.last.delay" }] });
});
