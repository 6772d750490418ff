import { hours, isMillraceError, milliseconds, minutes, t } from "@millrace/core";
import type { LogicalNode, LogicalPlan } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import {
  count,
  cumulate,
  hopping,
  isPipeline,
  mean,
  pipeline,
  type PipelineBuilder,
  quantile,
  session,
  tumbling,
} from "../src/index.ts";
import { Flight, seasonal, store, table, theta } from "./fixtures.ts";

const flightDelays = pipeline("flight-delays", (p) => {
  const flights = p.source("flights", table(Flight), {
    eventTime: (f) => f.departedAt,
    outOfOrderness: minutes(5),
  });
  const hourly = flights
    .where((f) => f.delayMinutes.gt(-120))
    .keyBy("origin")
    .window(tumbling(hours(1)))
    .aggregate("hourly", (f) => ({
      flights: count(),
      meanDelay: mean(f.delayMinutes),
      p95Delay: quantile(f.delayMinutes, 0.95),
    }));

  hourly
    .detect("delay-anomaly", { value: "meanDelay", detector: seasonal })
    .where((a) => a.isAnomaly)
    .sink("alerts", store());
  hourly
    .forecast("delay-forecast", {
      value: "meanDelay",
      model: theta,
      horizon: hours(24),
      levels: [0.8, 0.95],
    })
    .sink("forecasts", store());
});

function withoutPlace(node: LogicalNode | undefined): unknown {
  const { place: _, ...rest } = node as LogicalNode;
  return rest;
}

function planOf(define: (p: PipelineBuilder) => void): LogicalPlan {
  return pipeline("test", define).build();
}

const instantType = { kind: "timestamp", unit: "ms", nullable: false };
const floatType = { kind: "float64", nullable: false };

describe("pipeline", () => {
  it("builds the flight delays without a problem", () => {
    const plan = flightDelays.build();
    expect(plan.problems).toEqual([]);
    expect(plan.nodes.map((node) => [node.id, node.kind, node.inputs])).toEqual([
      ["flights", "source", []],
      ["where-1", "where", ["flights"]],
      ["keyBy-1", "keyBy", ["where-1"]],
      ["hourly", "windowAggregate", ["keyBy-1"]],
      ["delay-anomaly", "detect", ["hourly"]],
      ["where-2", "where", ["delay-anomaly"]],
      ["alerts", "sink", ["where-2"]],
      ["delay-forecast", "forecast", ["hourly"]],
      ["forecasts", "sink", ["delay-forecast"]],
    ]);
  });

  it("gives equal plans each time it is built, which survive JSON", () => {
    const { nodes, parameters } = flightDelays.build();
    expect(flightDelays.build().nodes).toEqual(nodes);
    expect(JSON.parse(JSON.stringify({ nodes, parameters }))).toEqual({ nodes, parameters });
  });

  it("describes the source with its event time", () => {
    expect(withoutPlace(flightDelays.build().nodes[0])).toEqual({
      id: "flights",
      kind: "source",
      inputs: [],
      keys: [],
      schema: Flight.schema,
      connector: "table",
      options: { name: "rows" },
      sourceIndex: 0,
      eventTime: { kind: "column", name: "departedAt", type: instantType },
      outOfOrdernessMs: 300_000,
      idleness: { afterMs: 5_000, whenIdle: "follow", whenResumed: "late" },
      futureLimitMs: 365 * 86_400_000,
    });
  });

  it("describes the window aggregation with calls by index", () => {
    const delay = { kind: "column", name: "delayMinutes", type: floatType };
    const int64 = { kind: "int64", as: "number", nullable: false };
    expect(withoutPlace(flightDelays.build().nodes[3])).toEqual({
      id: "hourly",
      kind: "windowAggregate",
      inputs: ["keyBy-1"],
      keys: ["origin"],
      schema: {
        fields: [
          { name: "origin", type: { kind: "utf8", nullable: false } },
          { name: "windowStart", type: instantType },
          { name: "windowEnd", type: instantType },
          { name: "flights", type: int64 },
          { name: "meanDelay", type: floatType },
          { name: "p95Delay", type: floatType },
        ],
      },
      window: { kind: "tumbling", sizeMs: 3_600_000, offsetMs: 0 },
      allowedLatenessMs: 0,
      columns: [
        {
          name: "flights",
          expression: { kind: "column", name: "$0", type: int64 },
          calls: [{ function: "count", distinct: false, type: int64 }],
        },
        {
          name: "meanDelay",
          expression: { kind: "column", name: "$0", type: floatType },
          calls: [{ function: "mean", argument: delay, distinct: false, type: floatType }],
        },
        {
          name: "p95Delay",
          expression: { kind: "column", name: "$0", type: floatType },
          calls: [
            { function: "quantile", argument: delay, distinct: false, q: 0.95, type: floatType },
          ],
        },
      ],
    });
  });

  it("gives a forecast its step from the window, and its columns by level", () => {
    const node = flightDelays.build().nodes[7];
    expect(withoutPlace(node)).toMatchObject({
      value: "meanDelay",
      stepMs: 3_600_000,
      horizonMs: 86_400_000,
      everyMs: 86_400_000,
      levels: [0.8, 0.95],
    });
    expect(node?.schema.fields.map((field) => field.name)).toEqual([
      "origin",
      "issuedAt",
      "windowStart",
      "windowEnd",
      "step",
      "mean",
      "lower80",
      "upper80",
      "lower95",
      "upper95",
    ]);
  });

  it("names the file and line of each step", () => {
    const node = planOf((p) => {
      p.source("flights", table(Flight)).sink("out", store());
    }).nodes[1];
    expect(node?.place?.file).toMatch(/test\/pipeline\.test\.ts$/);
    expect(node?.place?.line).toBeGreaterThan(150);
  });

  it("is frozen and is recognised by its brand, also from another copy of the package", () => {
    expect(Object.isFrozen(flightDelays)).toBe(true);
    expect(isPipeline(flightDelays)).toBe(true);
    expect(isPipeline({ name: "x", build: () => undefined })).toBe(false);
    expect(isPipeline({ [Symbol.for("millrace.pipeline")]: true })).toBe(true);
  });

  it("keeps validators by source and column", () => {
    const schema = {
      "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) },
    } as const;
    const Row = t.row({ a: t.int32().validate(schema), b: t.utf8() });
    const plan = planOf((p) => p.source("rows", table(Row)).sink("out", store()));
    expect(plan.validators.get("rows")).toEqual(new Map([["a", [schema]]]));
  });

  it("keeps parameters and uses them in expressions", () => {
    const plan = planOf((p) => {
      const threshold = p.parameter("threshold", t.float64(), 3);
      const origins = p.parameter("origins", t.list(t.utf8()), ["ORD"]);
      p.source("flights", table(Flight))
        .where((f) => f.delayMinutes.gt(threshold).and(f.origin.isIn(origins)))
        .sink("out", store());
    });
    expect(plan.problems).toEqual([]);
    expect(plan.parameters).toEqual([
      { name: "threshold", type: floatType, default: 3 },
      {
        name: "origins",
        type: { kind: "list", item: { kind: "utf8", nullable: false }, nullable: false },
        default: ["ORD"],
      },
    ]);
    expect(plan.nodes[1]).toMatchObject({
      predicate: {
        function: "and",
        arguments: [
          { function: "gt", arguments: [{}, { kind: "parameter", name: "threshold" }] },
          { function: "isIn", arguments: [{}, { kind: "parameter", name: "origins" }] },
        ],
      },
    });
  });

  it("collects the refusal of a descriptor as a problem with its place", () => {
    const [problem] = planOf((p) => {
      p.source("flights", table(Flight))
        .keyBy("origin")
        .window(tumbling(hours(0)));
    }).problems;
    expect(isMillraceError(problem)).toBe(true);
    expect(problem?.code).toBe("PLAN_WINDOW_SIZE_INVALID");
    expect(problem?.where.file).toMatch(/pipeline\.test\.ts$/);
  });

  it("refuses a session without a gap", () => {
    const [problem] = planOf((p) => {
      p.source("flights", table(Flight))
        .keyBy("origin")
        .window(session(minutes(0)));
    }).problems;
    expect(problem?.code).toBe("PLAN_WINDOW_SIZE_INVALID");
  });

  it.each([
    ["without length", minutes(0)],
    ["that does not divide the size", minutes(7)],
    ["of which there are too many", milliseconds(1)],
  ])("refuses growing windows with a step %s", (_, step) => {
    const [problem] = planOf((p) => {
      p.source("flights", table(Flight))
        .keyBy("origin")
        .window(cumulate(step, hours(1)));
    }).problems;
    expect(problem?.code).toBe("PLAN_WINDOW_STEP_INVALID");
  });

  it.each([
    ["without length", minutes(0)],
    ["beyond the size", minutes(61)],
    ["that makes too many panes", milliseconds(7)],
  ])("refuses a hopping window with a slide %s", (_, slide) => {
    const [problem] = planOf((p) => {
      p.source("flights", table(Flight))
        .keyBy("origin")
        .window(hopping(hours(1), slide));
    }).problems;
    expect(problem?.code).toBe("PLAN_WINDOW_STEP_INVALID");
  });

  it("lets other errors of the callback through", () => {
    expect(() =>
      planOf(() => {
        throw new TypeError("mine");
      }),
    ).toThrow("mine");
  });
});
