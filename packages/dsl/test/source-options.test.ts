import { days, hours, milliseconds, minutes, seconds } from "@millrace/core";
import type { SourceNode } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import { pipeline, type PipelineOptions, type SourceOptions } from "../src/index.ts";
import { Flight, store, table } from "./fixtures.ts";

type FlightOptions = Omit<SourceOptions<object>, "eventTime">;

function planWith(options: FlightOptions, ofPipeline: PipelineOptions = {}) {
  return pipeline(
    "test",
    (p) => {
      const flights = p.source("flights", table(Flight), {
        eventTime: (f) => f.departedAt,
        ...options,
      });
      flights.sink("out", store());
    },
    ofPipeline,
  ).build();
}

function waitingOf(options: FlightOptions): Pick<SourceNode, "idleness" | "futureLimitMs"> {
  const { idleness, futureLimitMs } = planWith(options).nodes[0] as SourceNode;
  return {
    ...(idleness === undefined ? {} : { idleness }),
    ...(futureLimitMs === undefined ? {} : { futureLimitMs }),
  };
}

function problemsOf(options: FlightOptions, ofPipeline?: PipelineOptions): readonly string[] {
  return planWith(options, ofPipeline).problems.map((problem) => problem.message);
}

describe("how a source is waited for", () => {
  it("has defaults where the source has event time", () => {
    expect(waitingOf({})).toEqual({
      idleness: { afterMs: 5_000, whenIdle: "follow", whenResumed: "late" },
      futureLimitMs: days(365),
    });
  });

  it("is as the options say", () => {
    expect(
      waitingOf({
        idleAfter: seconds(30),
        whenIdle: "advance",
        whenResumed: "accept",
        futureLimit: hours(1),
      }),
    ).toEqual({
      idleness: { afterMs: 30_000, whenIdle: "advance", whenResumed: "accept" },
      futureLimitMs: hours(1),
    });
  });

  it('may be without end: "never" and "none"', () => {
    expect(waitingOf({ idleAfter: "never", futureLimit: "none" })).toEqual({});
  });

  it("is left out where the source has no event time", () => {
    const plan = pipeline("test", (p) => {
      p.source("flights", table(Flight), { idleAfter: seconds(1) }).sink("out", store());
    }).build();
    expect(plan.nodes[0]).not.toHaveProperty("idleness");
  });

  it("refuses what is no span of time or no choice", () => {
    const untyped = { whenIdle: "wait", whenResumed: "drop", futureLimit: 1.5 } as never;
    expect(problemsOf({ idleAfter: milliseconds(-1) })).toEqual([
      "idleAfter is a duration of 0 or more, got -1.",
    ]);
    expect(problemsOf(untyped)).toEqual([
      "futureLimit is a duration of 0 or more, got 1.5.",
      'whenIdle is "follow" or "advance", got "wait".',
      'whenResumed is "late" or "accept", got "drop".',
    ]);
  });
});

describe("the drift of a pipeline's sources", () => {
  it("is in the plan where it is given", () => {
    expect(planWith({}, { maxDrift: minutes(10) }).maxDriftMs).toBe(600_000);
    expect(planWith({})).not.toHaveProperty("maxDriftMs");
  });

  it("is a span of time", () => {
    expect(problemsOf({}, { maxDrift: minutes(-1) })).toEqual([
      "maxDrift is a duration of 0 or more, got -60000.",
    ]);
  });
});
