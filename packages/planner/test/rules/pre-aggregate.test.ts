import type { AggregateCall, LogicalNode, WindowAggregateNode, WindowSpec } from "@millrace/plan";
import { rules } from "@millrace/planner";
import { expect, test } from "vitest";
import {
  column,
  flightSchema,
  greater,
  hourly,
  int,
  keyBy,
  plan,
  sink,
  source,
  where,
} from "../sample-plan.ts";

const rule = rules.find(({ name }) => name === "preAggregate");
const start = [source(), keyBy("by", "flights", ["origin"])];
const float = { kind: "float64", nullable: false } as const;
const int64 = { kind: "int64", as: "number", nullable: false } as const;

function aggregate(
  change: Partial<AggregateCall>,
  more: Partial<WindowAggregateNode> = {},
): WindowAggregateNode {
  const call: AggregateCall = { function: "count", distinct: false, type: int64, ...change };
  const expression = column("$0", call.type);
  const columns = [{ name: "value", expression, calls: [call] }];
  return { ...hourly("hourly", "by"), columns, ...more };
}

/** The nodes that the rule adds. */
function added(nodes: readonly LogicalNode[], partitions = 2): readonly LogicalNode[] {
  const before = plan(...nodes);
  const after = rule?.apply(before, { partitions }) ?? before;
  return after.nodes.filter(({ kind }) => kind === "preAggregate");
}

function isPutTogether(node: LogicalNode, ...others: LogicalNode[]): boolean {
  return added([...start, node, sink("out", node.id), ...others]).length === 1;
}

test("rows of windows are put together before they move", () => {
  const delay = column("delay", int);
  const node = aggregate({ function: "max", argument: delay, type: int });
  const before = plan(...start, node, sink("out", "hourly"));
  const { nodes } = rule?.apply(before, { partitions: 2 }) ?? before;
  expect(nodes.map(({ id, inputs }) => [id, inputs])).toEqual([
    ["flights", []],
    ["hourly-partial", ["flights"]],
    ["by", ["hourly-partial"]],
    ["hourly", ["by"]],
    ["out", ["hourly"]],
  ]);
  expect(nodes[1]).toMatchObject({ groupKeys: ["origin"], keys: [], window: node.window });
  expect(nodes[1]?.schema.fields.map(({ name }) => name)).toEqual(["origin", "value"]);
  expect(nodes[3]).toMatchObject({
    schema: node.schema,
    columns: [{ calls: [{ function: "max", argument: { kind: "column", name: "value" } }] }],
  });
});

test("what looks at each row by itself stands before the move then", () => {
  const late = where("late", "by", greater(column("delay"), 5));
  const node = { ...aggregate({}), inputs: ["late"] };
  const before = plan(...start, late, node, sink("out", "hourly"));
  const { nodes } = rule?.apply(before, { partitions: 2 }) ?? before;
  expect(nodes.map(({ id, inputs }) => [id, inputs])).toEqual([
    ["flights", []],
    ["late", ["flights"]],
    ["hourly-partial", ["late"]],
    ["by", ["hourly-partial"]],
    ["hourly", ["by"]],
    ["out", ["hourly"]],
  ]);
});

test("what is not a column of the partial rows has a name of its own", () => {
  const taken = keyBy("by", "flights", ["origin"]);
  const node = aggregate({});
  const columns = [...node.columns, ...node.columns].map((c, i) => ({
    ...c,
    name: i === 0 ? "origin" : "value",
    calls: c.calls.map((call) => (i === 0 ? call : { ...call, argument: column("delay", int) })),
  }));
  const [partial] = added([source(), taken, { ...node, columns }, sink("out", "hourly")]);
  expect(partial?.schema.fields.map(({ name }) => name)).toEqual(["origin", "origin-2", "value"]);
});

test.each<[string, Partial<AggregateCall>, boolean]>([
  ["count", {}, true],
  ["count of different values", { argument: column("delay", int), distinct: true }, false],
  ["sum of integers", { function: "sum", argument: column("delay", int) }, true],
  ["sum of floats", { function: "sum", argument: column("delay", float), type: float }, false],
  ["min of floats", { function: "min", argument: column("delay", float), type: float }, true],
  ["mean", { function: "mean", argument: column("delay", int), type: float }, false],
  ["first", { function: "first", argument: column("delay", int), type: int }, false],
])("rows are put together where parts give the same, to the last bit: %s", (_, call, expected) => {
  expect(isPutTogether(aggregate(call))).toBe(expected);
});

test.each<[WindowSpec, boolean]>([
  [{ kind: "hopping", sizeMs: 60, slideMs: 20, offsetMs: 0 }, true],
  [{ kind: "cumulate", sizeMs: 60, stepMs: 20, offsetMs: 0 }, true],
  [{ kind: "calendar", unit: "day", timeZone: "UTC" }, true],
  [{ kind: "session", gapMs: 60 }, false],
  [{ kind: "global", trigger: { kind: "rows", count: 5 }, purge: true }, false],
])("rows are put together where the clock places windows: %o", (window, expected) => {
  expect(isPutTogether(aggregate({}, { window }))).toBe(expected);
});

test("rows stay as they are where others read them, or where none moves", () => {
  const node = aggregate({});
  const base = { schema: flightSchema, keys: ["origin"] };
  const late: LogicalNode = { ...base, kind: "late", id: "late-1", inputs: ["hourly"] };
  expect(isPutTogether(node, late, sink("late-out", "late-1"))).toBe(false);
  const other = { ...aggregate({}), id: "other" };
  expect(isPutTogether(node, other, sink("other-out", "other"))).toBe(false);
  expect(added([...start, node, sink("out", "hourly")], 1)).toEqual([]);
});
