import type { IntervalJoinNode, LogicalNode } from "@millrace/plan";
import { expect, test } from "vitest";
import { movingKeyBys } from "../../src/physical/placement.ts";
import { hourly, keyBy, plan, sink, source } from "../sample-plan.ts";

function moving(...nodes: LogicalNode[]): string[] {
  return [...movingKeyBys(plan(...nodes))];
}

test("rows that are placed by one of the keys need not move again", () => {
  expect(
    moving(
      source(),
      keyBy("by", "flights", ["origin"]),
      hourly("hourly", "by"),
      keyBy("again", "hourly", ["origin", "windowStart"]),
      hourly("daily", "again"),
      sink("out", "daily"),
    ),
  ).toEqual(["by"]);
});

test("rows move for keys that they are not placed by", () => {
  expect(
    moving(
      source(),
      keyBy("by", "flights", ["origin"]),
      hourly("hourly", "by"),
      keyBy("again", "hourly", ["windowStart"]),
      hourly("daily", "again"),
      sink("out", "daily"),
    ),
  ).toEqual(["by", "again"]);
});

test("both sides of a join are placed by all of its keys", () => {
  const join: IntervalJoinNode = {
    kind: "intervalJoin",
    id: "pairs",
    inputs: ["left", "right"],
    schema: source().schema,
    keys: [],
    joinKeys: ["origin", "delay"],
    lowerMs: 0,
    upperMs: 0,
    joinKind: "inner",
    columns: [],
  };
  expect(
    moving(
      source(),
      keyBy("by", "flights", ["origin"]),
      keyBy("left", "by", ["origin", "delay"]),
      keyBy("right", "flights", ["origin", "delay"]),
      join,
      sink("out", "pairs"),
    ),
  ).toEqual(["by", "left", "right"]);
});
