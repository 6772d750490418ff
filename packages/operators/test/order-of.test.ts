import { orderOf, watermarkDelayMs } from "@millrace/plan";
import { expect, test } from "vitest";
import { call, utf8 } from "./fixtures.ts";

const first = call("first", { kind: "column", name: "s", type: utf8 }, utf8);
const windowed = {
  kind: "windowAggregate",
  keys: [],
  window: { kind: "tumbling", sizeMs: 10, offsetMs: 0 },
  allowedLatenessMs: 5,
  calls: [first],
  columns: [],
} as const;

test("a window aggregation is order-free, even with first", () => {
  expect(orderOf(windowed)).toBe("order-free");
});

test("a summary that forgets makes an aggregation arrival-ordered, unless rows are taken back", () => {
  const settings = { k: 1, capacity: 10 };
  const calls = [call("approxTopK", first.argument, utf8, { settings })];
  expect(orderOf({ ...windowed, calls })).toBe("arrival-ordered");
  const running = {
    kind: "runningAggregate",
    keys: [],
    calls,
    columns: [],
    emit: "each-batch",
  } as const;
  expect(orderOf({ ...running, retracts: false })).toBe("arrival-ordered");
  expect(orderOf({ ...running, retracts: true })).toBe("order-free");
});

test("a detector is event-ordered", () => {
  const detector = { role: "detector", kind: "any", options: {} } as const;
  expect(orderOf({ kind: "detect", keys: [], value: "x", detector })).toBe("event-ordered");
});

test("a window aggregation holds its output's watermark back by the allowed lateness", () => {
  expect(watermarkDelayMs(windowed)).toBe(5);
  expect(watermarkDelayMs({ kind: "union" })).toBe(0);
});

test("a grid holds its output's watermark back as far as it waits for rows", () => {
  const grid = { keys: [], everyMs: 10, anchorMs: 0, maxGapMs: 50, upTo: "last-row" } as const;
  const resample = { ...grid, kind: "resample", time: "t", columns: [] } as const;
  const gapFill = { ...grid, kind: "gapFill", times: [], fills: [] } as const;
  const specs = [resample, gapFill].flatMap((spec) => [spec, { ...spec, upTo: "watermark" }]);
  expect(specs.map((spec) => watermarkDelayMs(spec as typeof resample))).toEqual([50, 0, 50, 10]);
  const interpolate = { kind: "interpolate", keys: [], columns: [], maxGapMs: 50 } as const;
  expect(watermarkDelayMs({ ...interpolate, method: "linear" })).toBe(50);
  expect(watermarkDelayMs({ ...interpolate, method: "previous" })).toBe(0);
  expect(orderOf(resample)).toBe("event-ordered");
});
