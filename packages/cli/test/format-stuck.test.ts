import type { EventTimeHold, HoldCause, StuckReport } from "@millrace/runtime";
import { expect, test } from "vitest";
import { formatStuck } from "../src/format-stuck.ts";
import { jsonText } from "../src/json-text.ts";

const source = {
  kind: "source",
  source: "orders",
  partition: 2,
  idleAfterMs: 5_000,
  whenIdle: "follow",
} as const;

function report(cause: HoldCause, more: Partial<StuckReport> = {}): StuckReport {
  const watermark = Date.UTC(2026, 0, 1);
  const tasks = [
    { stage: "stage-hourly", partition: 1, operators: ["hourly"], watermark },
    { stage: "stage-orders", partition: 2, operators: [], watermark },
  ];
  const hold: EventTimeHold = { watermark, tasks, cause };
  const status = { pipeline: "orders", status: "running", isRunning: true } as const;
  return { ...status, isStuck: true, holds: [hold], ...more };
}

test("each who waits is named, down to the partition", () => {
  expect(formatStuck(report({ ...source, state: "waiting" }))).toBe(
    `orders: event time stands at 2026-01-01T00:00:00.000Z
  task 1 of stage-hourly (hourly) waits for task 2 of stage-orders
  task 2 of stage-orders waits for partition 2 of the source "orders"
  partition 2 of the source "orders" has nothing to read, and becomes idle after 5s
  hint: the others go on without it when it is idle.
`,
  );
});

test.each<[HoldCause, string, string | undefined]>([
  [{ ...source, state: "reading" }, "is the slowest, and has more to read", undefined],
  [
    { ...source, state: "silent", idleAfterMs: undefined },
    "has not given a record yet, and is never idle",
    "give the source an idleAfter, so that the others go on without it.",
  ],
  [
    { ...source, state: "idle" },
    "is idle, as all others are",
    'it goes on with the next record; whenIdle: "advance" lets it go on with the clock.',
  ],
  [
    { ...source, state: "idle", whenIdle: "advance" },
    "is idle, as all others are",
    "event time goes on with the clock.",
  ],
])("a source partition's state is a sentence: %j", (cause, text, hint) => {
  const lines = formatStuck(report(cause)).trimEnd().split("\n");
  expect(lines[3]).toBe(`  partition 2 of the source "orders" ${text}`);
  expect(lines[4]).toBe(hint === undefined ? undefined : `  hint: ${hint}`);
});

test("a task that is behind itself is named without a partition", () => {
  const unread = { kind: "topic-unread", stage: "stage-orders", partition: 2 } as const;
  expect(formatStuck(report({ ...unread, topic: "orders.by-shop.repartition", records: 7 }))).toBe(
    `orders: event time stands at 2026-01-01T00:00:00.000Z
  task 1 of stage-hourly (hourly) waits for task 2 of stage-orders
  task 2 of stage-orders has 7 records of orders.by-shop.repartition to read
`,
  );
  expect(
    formatStuck(report({ kind: "task-not-begun", stage: "stage-orders", partition: 2 })),
  ).toContain("  task 2 of stage-orders has not committed anything yet\n");
});

test("a pipeline that does not run says how to continue it, without a hint about its source", () => {
  const text = formatStuck(report({ ...source, state: "waiting" }, { isRunning: false }));
  expect(text).toContain("  it does not run now; pipe run continues it\n");
  expect(text).not.toContain("hint");
});

test.each([
  ["not-started", "orders: it has not been run yet\n"],
  ["starting", "orders: it did not get further than its start\n"],
  ["finished", "orders: finished, nothing waits\n"],
  ["running", "orders: nothing holds event time\n"],
] as const)("%s without a hold: %j", (status, text) => {
  expect(formatStuck(report({ ...source, state: "idle" }, { status, holds: [] }))).toBe(text);
});

test("before the first record event time has not begun", () => {
  const silent = report({ ...source, state: "silent" });
  const holds = silent.holds.map((hold) => ({ ...hold, watermark: -Infinity }));
  expect(formatStuck({ ...silent, holds })).toMatch(/^orders: event time has not begun\n/);
});

test("JSON holds the ends of a watermark as text", () => {
  expect(jsonText({ a: -Infinity, b: [Infinity], c: 1 })).toBe('{"a":"-inf","b":["+inf"],"c":1}');
});
