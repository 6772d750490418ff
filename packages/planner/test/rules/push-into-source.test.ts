import type { DataType } from "@millrace/core";
import type { Expression, LogicalPlan, SourceNode } from "@millrace/plan";
import { explainLogical, explainPhysical, planPipeline } from "@millrace/planner";
import { expect, test } from "vitest";
import { bothOf } from "../../src/rules/merge-filters.ts";
import { pushIntoSource } from "../../src/rules/push-into-source.ts";
import {
  column,
  greater,
  keyBy,
  plan,
  plus,
  project,
  sink,
  source,
  text,
  time,
  where,
} from "../sample-plan.ts";

const boolean: DataType = { kind: "boolean", nullable: false };
const fromOrd: Expression = {
  kind: "call",
  function: "eq",
  arguments: [column("origin", text), { kind: "literal", value: "ORD", type: text }],
  type: boolean,
};
const skipping = { unit: "row groups", conditions: [] };
const late = greater(column("delay"), 5);

function filtered(change: Partial<SourceNode>, predicate: Expression = late): LogicalPlan {
  const files = source("flights", { skipping, ...change });
  return plan(files, where("late", "flights", predicate), sink("out", "late"));
}

function conditionsIn(given: LogicalPlan): readonly Expression[] | undefined {
  const [node] = pushIntoSource.apply(given).nodes;
  return node?.kind === "source" ? node.skipping?.conditions : undefined;
}

test("a source that can leave rows out learns the conditions of its filter, which stays", () => {
  const given = filtered({}, bothOf(late, fromOrd));
  const { nodes } = pushIntoSource.apply(given);
  expect(nodes[0]).toMatchObject({ skipping: { conditions: [late, fromOrd] } });
  expect(nodes.slice(1)).toEqual(given.nodes.slice(1));
});

test("a condition that is no comparison of a column is left to the filter", () => {
  const sum = greater(column("delay"), 5);
  const or: Expression = {
    kind: "call",
    function: "or",
    arguments: [late, fromOrd],
    type: boolean,
  };
  expect(conditionsIn(filtered({}, bothOf(or, sum)))).toEqual([sum]);
});

test("a source that reads everything learns nothing", () => {
  const given = plan(source(), where("late", "flights", late), sink("out", "late"));
  expect(pushIntoSource.apply(given).nodes).toEqual(given.nodes);
});

test("a filter that may stop the task sees every row", () => {
  expect(conditionsIn(filtered({}, bothOf(late, greater(plus(column("delay"), 1), 5))))).toEqual(
    [],
  );
});

test.each<[string, Partial<SourceNode>]>([
  ["checks of the user's may refuse them", { hasValidators: true }],
  ["their event time is computed", { eventTime: plus(column("departedAt", time), 1) }],
])("rows are not left out where %s", (_, change) => {
  expect(conditionsIn(filtered(change))).toEqual([]);
});

test("rows are not left out where another step reads the source as well", () => {
  const given = filtered({});
  expect(conditionsIn(plan(...given.nodes, sink("all", "flights")))).toEqual([]);
});

test("a filter behind a projection and a keyBy comes up to the source first", () => {
  const given = plan(
    source("flights", { skipping }),
    project("short", "flights", { minutes: column("delay"), origin: column("origin", text) }),
    keyBy("by", "short", ["origin"]),
    where("late", "by", greater(column("minutes"), 5)),
    sink("out", "late"),
  );
  const { optimized } = planPipeline(given, { partitions: 1, parameters: {} });
  expect(optimized.nodes[0]).toMatchObject({ skipping: { conditions: [late] } });
});

test("explanations say by what rows are left out", () => {
  const given = filtered({}, bothOf(late, fromOrd));
  const { optimized, physical } = planPipeline(given, { partitions: 1, parameters: {} });
  const said = 'skips row groups by delay > 5 and origin = "ORD"';
  expect(explainLogical(optimized)).toContain(`source files, ${said}\n`);
  expect(explainPhysical(physical)).toContain(`event time departedAt, ${said}\n`);
  const unfiltered = plan(source("flights", { skipping }), sink("out", "flights"));
  expect(explainLogical(unfiltered)).not.toContain("skips");
});

test("saved state does not depend on what is left out", () => {
  const settings = { partitions: 1, parameters: {} };
  const fingerprints = [filtered({}), plan(source(), ...filtered({}).nodes.slice(1))].map(
    (given) => planPipeline(given, settings).physical.fingerprint,
  );
  expect(fingerprints[0]).toBe(fingerprints[1]);
});
