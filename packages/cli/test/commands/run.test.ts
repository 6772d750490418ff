import type { RunSummary } from "@millrace/runtime";
import { expect, test } from "vitest";
import { formatSummary } from "../../src/commands/run.ts";

const summary: RunSummary = {
  pipeline: "orders",
  generation: 1,
  isContinued: false,
  rowsRead: 3_000,
  rowsReadHere: 2_000,
  rowsDeadLettered: 0,
  rowsLate: 0,
  watermark: Infinity,
  fraction: 1,
  elapsedMs: 500,
  restores: { tasks: 0, bytes: 0 },
  stateBytes: 0,
  operators: {},
  inputs: [],
  operatorWatermarks: {},
  sinkRows: { table: 1, "a-longer-name": 1_000 },
  outcome: "finished",
  commits: 1,
};

test("a summary tells rows, speed and each sink", () => {
  expect(formatSummary(summary)).toBe(`orders: finished after 0.5 s
  read          3,000 rows (2,000 now, 4,000 rows/s)
  table         1 row
  a-longer-name 1,000 rows
`);
});

test("late rows and dead letters are told when there are some", () => {
  const text = formatSummary({ ...summary, rowsLate: 5, rowsDeadLettered: 7 });
  expect(text).toContain("  late          5 rows\n");
  expect(text).toContain("  dead          7 dead letters (npx pipe dead-letters orders)\n");
});

test("the command that shows dead letters names the run's own state directory", () => {
  const text = formatSummary({ ...summary, rowsDeadLettered: 1 }, { state: "elsewhere" });
  expect(text).toContain("1 dead letter (npx pipe dead-letters orders --state elsewhere)\n");
});

test("the command that shows dead letters names the log that the run was on", () => {
  const text = formatSummary({ ...summary, rowsDeadLettered: 1 }, { state: "s", log: "shop-log" });
  expect(text).toContain("1 dead letter (npx pipe dead-letters orders --log shop-log)\n");
});

test("a stopped run tells where it stands and how to go on", () => {
  const stopped = { ...summary, outcome: "stopped", watermark: Date.UTC(2026, 0, 1) } as const;
  expect(formatSummary(stopped)).toContain(
    "  stopped at 2026-01-01T00:00:00.000Z; run it again to go on\n",
  );
});

test("a run that was stopped before its first record has no time", () => {
  const stopped = { ...summary, outcome: "stopped", watermark: -Infinity } as const;
  expect(formatSummary(stopped)).toContain("  stopped; run it again to go on\n");
});
