import type { LogicalNode } from "@millrace/plan";
import { checkPlan } from "@millrace/planner";
import { expect, test } from "vitest";
import { flightSchema, hourly, keyBy, plan, sink, source } from "../sample-plan.ts";

/** The last flight of each origin. */
const last: LogicalNode = {
  kind: "topRows",
  verb: "deduplicate",
  id: "last",
  inputs: ["by"],
  schema: flightSchema,
  keys: ["origin"],
  updating: { uniqueKey: ["origin"] },
  orderBy: [],
  tieOrder: "last",
  rankKind: "rowNumber",
  n: 1,
  retracts: false,
};
const start = [source(), keyBy("by", "flights", ["origin"]), last];

function problemsOf(...nodes: LogicalNode[]): readonly (readonly [string, string])[] {
  return checkPlan(plan(...nodes)).map(({ code, message }) => [code, message] as const);
}

test("a sink that only appends is refused for an updating stream", () => {
  expect(problemsOf(...start, sink("out", "last"))).toEqual([
    [
      "PLAN_SINK_APPEND_ONLY",
      'The sink "out" (console) cannot take rows back, and its stream is updating.',
    ],
  ]);
});

test("the changes of an updating stream have no event time", () => {
  const changes: LogicalNode = {
    kind: "changes",
    id: "changes-1",
    inputs: ["last"],
    schema: flightSchema,
    keys: [],
  };
  const nodes = [...start, changes, keyBy("again", "changes-1", ["origin"])];
  expect(problemsOf(...nodes, hourly("hourly", "again"), sink("out", "hourly"))).toEqual([
    ["PLAN_EVENT_TIME_MISSING", 'hourly needs event time, but the source "changes-1" names none.'],
  ]);
});

test("the last row of a key needs event time", () => {
  const { eventTime: _, ...timeless } = source();
  const nodes = [
    timeless,
    ...start.slice(1),
    { ...sink("out", "last"), schema: flightSchema, updatesKey: ["origin"] },
  ];
  expect(problemsOf(...nodes).map(([code]) => code)).toEqual(["PLAN_EVENT_TIME_MISSING"]);
});

test("a sink's key names columns of its rows", () => {
  const keyed = { ...sink("out", "last"), schema: flightSchema, updatesKey: ["origin", "city"] };
  expect(problemsOf(...start, keyed)).toEqual([
    [
      "PLAN_COLUMN_UNKNOWN",
      'The key of out names the column "city", which the stream does not have (it has departedAt, origin, delay, distance).',
    ],
  ]);
});
