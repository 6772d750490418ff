import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { Operator } from "@millrace/core";
import { detectionFields } from "@millrace/plan";
import { describe, expect, test } from "vitest";
import { batchOf, operatorOf, watermarkField } from "./fixtures.ts";
import { hourlyAll, hourlyFields, hourlyRow, hourlySegments } from "./series/hourly-rows.ts";
import { tinyModels } from "./series/tiny-models.ts";

function detectOf(): Operator {
  return operatorOf(
    {
      kind: "detect",
      keys: ["key"],
      value: "value",
      detector: { role: "detector", kind: "running-mean", options: {} },
    },
    { input: { fields: hourlyFields }, output: { fields: [...hourlyFields, ...detectionFields] } },
    { models: tinyModels },
  );
}

const rowsBatch = (rows: object[], fields = hourlyAll) =>
  batchOf(fields, rows as Record<string, unknown>[]);

describe("a detect operator", () => {
  test("scores rows in event order once the watermark passes them", () => {
    const operator = detectOf();
    const out = collectOutput();
    const rows = [hourlyRow("a", 2, 200), hourlyRow("a", 0, 10), hourlyRow("a", 1, 12)];
    operator.process(rowsBatch(rows), out, 0);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(20, out);
    expect(out.rows.map((r) => [r["value"], r["expected"]])).toEqual([
      [10, null],
      [12, 10],
    ]);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows[2]).toEqual({
      key: "a",
      windowStart: 20,
      windowEnd: 30,
      value: 200,
      score: 1,
      pValue: null,
      threshold: 0.5,
      severity: "critical",
      expected: 11,
      lower: null,
      upper: null,
      isAnomaly: true,
      reasons: ["above-expected"],
      $time: 29,
    });
  });

  test("gives late rows aside, by their own watermark", () => {
    const operator = detectOf();
    const out = collectOutput();
    const rows = [
      { ...hourlyRow("a", 0, 1), $watermark: 9 },
      { ...hourlyRow("a", 0, 2), $watermark: 10 },
      { ...hourlyRow("a", 1, 3), $watermark: null },
    ];
    operator.process(rowsBatch(rows, [...hourlyAll, watermarkField]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.late.map((r) => r["value"])).toEqual([2]);
    expect(out.rows.map((r) => r["value"])).toEqual([1, 3]);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 2, late: 1, rowsOut: 2 });
  });

  test("sends only touched pages to the changelog", () => {
    const operator = detectOf();
    const out = collectOutput();
    operator.process(rowsBatch([hourlyRow("a", 0, 1), hourlyRow("b", 0, null)]), out, 0);
    operator.advanceWatermark(100, out);
    const deltas = operator.state.map((table) => table.takeDelta());
    // Of two series with two pages each, "a" alone has learned; no row waits.
    expect(deltas.map((d) => d.map((b) => b.numRows))).toEqual([[], [2]]);
  });
});

operatorLaws({
  name: "detect",
  create: detectOf,
  segments: hourlySegments,
  takeRows,
});
