import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { CumulateWindow } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import { byEndAndKey, naiveWindows } from "./naive-windows.ts";
import {
  everyCall,
  modelWindow,
  spans,
  windowCases,
  windowInput,
  windowOperator,
  windowRow as row,
} from "./window-fixtures.ts";

function cumulate(stepMs: number, sizeMs: number, offsetMs = 0): CumulateWindow {
  return { kind: "cumulate", stepMs, sizeMs, offsetMs };
}

/** All growing windows over a time, by trying every step of its size. */
function windowsOver({ stepMs, sizeMs, offsetMs }: CumulateWindow, time: number) {
  let start = offsetMs;
  while (start > time) start -= sizeMs;
  while (start + sizeMs <= time) start += sizeMs;
  const windows: (readonly [number, number])[] = [];
  for (let end = start + stepMs; end <= start + sizeMs; end += stepMs) {
    if (end > time) windows.push([start, end]);
  }
  return windows;
}

describe("a cumulate window aggregation", () => {
  test("counts a row in every window that ends after it, until the size is full", () => {
    const operator = windowOperator(cumulate(10, 30));
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 0), row("b", 12), row("a", 29)]), out, 0);
    operator.advanceWatermark(9, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(20, out);
    expect(spans(out.rows)).toEqual([
      [0, 10, "a", 1],
      [0, 20, "a", 1],
      [0, 20, "b", 1],
    ]);
    operator.process(batchOf(windowInput, [row("a", 30)]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows).slice(3)).toEqual([
      [0, 30, "a", 2],
      [0, 30, "b", 1],
      [30, 40, "a", 1],
      [30, 50, "a", 1],
      [30, 60, "a", 1],
    ]);
  });

  test("writes a window without new rows too, as long as its size has one", () => {
    const operator = windowOperator(cumulate(10, 30, 5));
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", -20), row("a", 34)]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows)).toEqual([
      [-25, -15, "a", 1],
      [-25, -5, "a", 1],
      [-25, 5, "a", 1],
      [5, 35, "a", 1],
    ]);
  });

  test("counts a row that comes late only in the windows its own watermark had not closed", () => {
    const operator = windowOperator(cumulate(10, 30));
    const out = collectOutput();
    const rows = [
      row("a", 1),
      row("a", 2, { $watermark: 19 }),
      row("a", 3, { $watermark: 29 }),
      row("a", 4, { $watermark: 30 }),
    ];
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows)).toEqual([
      [0, 10, "a", 1],
      [0, 20, "a", 2],
      [0, 30, "a", 3],
    ]);
    expect(out.late.map((r) => r["$time"])).toEqual([4]);
  });

  test("frees all panes when the size is full", () => {
    const operator = windowOperator(cumulate(10, 30));
    const out = collectOutput();
    const [groups] = operator.state;
    operator.process(batchOf(windowInput, [row("a", 1), row("a", 11)]), out, 0);
    operator.advanceWatermark(29, out);
    expect(groups?.rowCount).toBe(2);
    operator.advanceWatermark(30, out);
    expect(groups?.rowCount).toBe(0);
  });

  test("gives what a plain model gives, window by window", () => {
    const shapes = fc.constantFrom(
      cumulate(50, 100),
      cumulate(100, 100),
      cumulate(20, 120, 70),
      cumulate(10, 300, 299),
    );
    const law = fc.property(windowCases, shapes, fc.nat({ max: 60 }), (each, window, lateness) => {
      const operator = windowOperator(window, undefined, lateness);
      const out = collectOutput();
      for (const { rows, watermark } of each.segments) {
        operator.process(rows, out, 0);
        operator.advanceWatermark(watermark, out);
      }
      operator.advanceWatermark(Infinity, out);
      const model = naiveWindows(each.rows, (time) => windowsOver(window, time), lateness);
      expect(out.rows.map(modelWindow).sort(byEndAndKey)).toEqual(model.windows);
      expect(out.late.map((r) => r["$time"])).toEqual(model.late.map((r) => r.time));
    });
    fc.assert(law, { seed: 13, numRuns: 150 });
  });
});

operatorLaws({
  name: "cumulate windows",
  create: () => windowOperator(cumulate(30, 120, 10), everyCall, 30),
  segments: windowCases.map(({ segments }) => segments),
  takeRows,
  runs: 25,
});
