import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { WindowSpec } from "@millrace/plan";
import { describe, expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import {
  everyCall,
  spans,
  windowCases,
  windowInput,
  windowOperator,
  windowRow as row,
} from "./window-fixtures.ts";

const berlinDays: WindowSpec = { kind: "calendar", unit: "day", timeZone: "Europe/Berlin" };

describe("a calendar window aggregation", () => {
  test("closes each local day at its own midnight", () => {
    const operator = windowOperator(berlinDays);
    const out = collectOutput();
    const midnight = Date.UTC(2024, 2, 30, 23);
    const next = Date.UTC(2024, 2, 31, 22);
    const rows = [row("a", midnight - 1), row("a", midnight), row("b", next - 1), row("a", next)];
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(next - 1, out);
    expect(spans(out.rows)).toEqual([[midnight - 24 * 3_600_000, midnight, "a", 1]]);
    operator.advanceWatermark(next, out);
    expect(spans(out.rows).slice(1)).toEqual([
      [midnight, next, "a", 1],
      [midnight, next, "b", 1],
    ]);
    expect(operator.state[0]?.rowCount).toBe(1);
  });

  test("gives rows aside whose own watermark had passed their day", () => {
    const operator = windowOperator(berlinDays, undefined, 1000);
    const out = collectOutput();
    const next = Date.UTC(2024, 2, 31, 22);
    const rows = [
      row("a", next - 5, { $watermark: next + 999 }),
      row("a", next - 4, { $watermark: next + 1000 }),
    ];
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.late.map((r) => r["$time"])).toEqual([next - 4]);
    expect(spans(out.rows)).toHaveLength(1);
  });
});

// The cases' times lie around 1970-01-01T00:00Z, which is a midnight of UTC.
operatorLaws({
  name: "days of UTC",
  create: () => windowOperator({ kind: "calendar", unit: "day", timeZone: "UTC" }, everyCall, 30),
  segments: windowCases.map(({ segments }) => segments),
  takeRows,
  runs: 15,
});
