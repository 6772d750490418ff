import type { RunStatus } from "@millrace/runtime";
import { expect, test } from "vitest";
import { formatCount, formatProgress } from "../src/progress-bar.ts";

const status: RunStatus = {
  pipeline: "orders",
  generation: 1,
  isContinued: false,
  rowsRead: 1_234_567,
  rowsReadHere: 1_234_567,
  rowsDeadLettered: 0,
  rowsLate: 0,
  watermark: Date.UTC(2001, 1, 3, 4),
  fraction: 0.25,
  elapsedMs: 2_000,
  restores: { tasks: 0, bytes: 0 },
  stateBytes: 0,
  operators: {},
  inputs: [],
  operatorWatermarks: {},
  sinkRows: {},
};

test("progress tells part, rows, speed, watermark and time to go", () => {
  expect(formatProgress(status)).toBe(
    "25 % · 1,234,567 rows · 617,284 rows/s · watermark 2001-02-03T04:00:00.000Z · ETA 6 s",
  );
});

test("an endless source has neither part nor time to go", () => {
  const text = formatProgress({ ...status, fraction: undefined });
  expect(text).toBe("1,234,567 rows · 617,284 rows/s · watermark 2001-02-03T04:00:00.000Z");
});

test("before the first record there is no watermark, no division by zero and no ETA", () => {
  const first = { ...status, rowsRead: 0, rowsReadHere: 0, elapsedMs: 0, fraction: 0 };
  expect(formatProgress({ ...first, watermark: -Infinity })).toBe("0 % · 0 rows · 0 rows/s");
});

test("speed counts only what this process read; a continued run has no ETA", () => {
  const text = formatProgress({ ...status, isContinued: true, rowsReadHere: 1_000 });
  expect(text).toContain("· 500 rows/s ·");
  expect(text).not.toContain("ETA");
});

test("dead letters are told when there are some", () => {
  expect(formatProgress({ ...status, rowsDeadLettered: 1_200 })).toMatch(/ · 1,200 dead letters$/);
});

test("counts have separators of thousands", () => {
  expect([0, 999, 1_000, 12_345_678].map(formatCount)).toEqual(["0", "999", "1,000", "12,345,678"]);
});
