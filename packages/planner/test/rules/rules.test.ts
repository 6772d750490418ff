import { expect, test } from "vitest";
import { dropRepeatedKey } from "../../src/rules/drop-repeated-key.ts";
import { mergeProjections } from "../../src/rules/merge-projections.ts";
import { pruneColumns } from "../../src/rules/prune-columns.ts";
import { pushDownFilter } from "../../src/rules/push-down-filter.ts";
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
  text,
  where,
} from "../sample-plan.ts";

function shape(result: { nodes: readonly { id: string; inputs: readonly string[] }[] }): string[] {
  return result.nodes.map((node) => `${node.id}<${node.inputs.join(",")}`);
}

test("a filter moves before a keyBy", () => {
  const given = plan(
    source(),
    keyBy("by", "flights", ["origin"]),
    where("late", "by", greater(column("delay"), 5)),
    sink("out", "late"),
  );
  expect(shape(pushDownFilter.apply(given))).toEqual([
    "flights<",
    "late<flights",
    "by<late",
    "out<by",
  ]);
});

test("a filter moves before a projection that only renames what it reads", () => {
  const given = plan(
    source(),
    project("short", "flights", { minutes: column("delay"), origin: column("origin", text) }),
    where("late", "short", greater(column("minutes"), 5)),
    sink("out", "late"),
  );
  const moved = pushDownFilter.apply(given);
  expect(shape(moved)).toEqual(["flights<", "late<flights", "short<late", "out<short"]);
  expect(moved.nodes[1]).toMatchObject({ predicate: greater(column("delay"), 5) });
});

test("a filter stays behind a projection that computes what it reads", () => {
  const given = plan(
    source(),
    project("sum", "flights", { minutes: plus(column("delay"), 1) }),
    where("late", "sum", greater(column("minutes"), 5)),
    sink("out", "late"),
  );
  expect(shape(pushDownFilter.apply(given))).toEqual(shape(given));
});

test("a filter stays behind a step that others read as well", () => {
  const given = plan(
    source(),
    keyBy("by", "flights", ["origin"]),
    where("late", "by", greater(column("delay"), 5)),
    sink("out", "late"),
    sink("all", "by"),
  );
  expect(shape(pushDownFilter.apply(given))).toEqual(shape(given));
});

test("two projections become one", () => {
  const given = plan(
    source(),
    project("first", "flights", { minutes: plus(column("delay"), 1) }),
    project("second", "first", { late: greater(column("minutes"), 5) }),
    sink("out", "second"),
  );
  const merged = mergeProjections.apply(given);
  expect(shape(merged)).toEqual(["flights<", "second<flights", "out<second"]);
  expect(merged.nodes[1]).toMatchObject({
    columns: [{ name: "late", expression: greater(plus(column("delay"), 1), 5) }],
  });
});

test("projections stay apart where merging would compute something twice", () => {
  const sum = { kind: "call", function: "add", type: column("x").type } as const;
  const given = plan(
    source(),
    project("first", "flights", { minutes: plus(column("delay"), 1) }),
    project("second", "first", {
      twice: { ...sum, arguments: [column("minutes"), column("minutes")] },
    }),
    sink("out", "second"),
  );
  expect(shape(mergeProjections.apply(given))).toEqual(shape(given));
});

test("a keyBy on the stream's own key goes", () => {
  const given = plan(
    source(),
    keyBy("by", "flights", ["origin"]),
    keyBy("again", "by", ["origin"]),
    hourly("hourly", "again"),
    sink("out", "hourly"),
  );
  expect(shape(dropRepeatedKey.apply(given))).toEqual([
    "flights<",
    "by<flights",
    "hourly<by",
    "out<hourly",
  ]);
});

test("a source reads only what is used, its event time included", () => {
  const given = plan(
    source(),
    where("late", "flights", greater(column("delay"), 5)),
    keyBy("by", "late", ["origin"]),
    hourly("hourly", "by"),
    sink("out", "hourly"),
  );
  const pruned = pruneColumns.apply(given);
  const names = pruned.nodes[0]?.schema.fields.map((field) => field.name);
  expect(names).toEqual(["departedAt", "origin", "delay"]);
});

test("a sink of a source's rows keeps all columns", () => {
  const pruned = pruneColumns.apply(plan(source(), sink("out", "flights")));
  expect(pruned.nodes[0]?.schema.fields).toHaveLength(4);
});

test("a projection computes only what is read", () => {
  const given = plan(
    source(),
    project("first", "flights", { a: plus(column("delay"), 1), b: plus(column("distance"), 1) }),
    project("second", "first", { a: column("a") }),
    sink("out", "second"),
  );
  const pruned = pruneColumns.apply(given);
  expect(pruned.nodes[1]).toMatchObject({ columns: [{ name: "a" }] });
  const read = pruned.nodes[0]?.schema.fields.map((field) => field.name);
  expect(read).toEqual(["departedAt", "delay"]);
});
