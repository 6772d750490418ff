import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { HoppingWindow } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import { byEndAndKey, naiveWindows } from "./naive-windows.ts";
import {
  everyCall,
  modelCalls,
  moreCalls,
  modelWindow,
  spans,
  windowCases,
  windowInput,
  windowOperator,
  windowRow as row,
} from "./window-fixtures.ts";

function hopping(sizeMs: number, slideMs: number, offsetMs = 0): HoppingWindow {
  return { kind: "hopping", sizeMs, slideMs, offsetMs };
}

/** All hopping windows over a time, by trying every start in reach. */
function windowsOver({ sizeMs, slideMs, offsetMs }: HoppingWindow, time: number) {
  const windows: (readonly [number, number])[] = [];
  for (let start = time - sizeMs + 1; start <= time; start += 1) {
    if ((start - offsetMs) % slideMs === 0) windows.push([start, start + sizeMs]);
  }
  return windows;
}

describe("a hopping window aggregation", () => {
  test("counts a row in every window over its time, and emits each at its end", () => {
    const operator = windowOperator(hopping(100, 50));
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 10), row("a", 60), row("b", 149)]), out, 0);
    operator.advanceWatermark(49, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(50, out);
    expect(spans(out.rows)).toEqual([[-50, 50, "a", 1]]);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows).slice(1)).toEqual([
      [0, 100, "a", 2],
      [50, 150, "a", 1],
      [50, 150, "b", 1],
      [100, 200, "b", 1],
    ]);
    expect(out.rows.map((r) => r["$time"])).toEqual([49, 99, 149, 149, 199]);
  });

  test("takes a size that is no multiple of the slide", () => {
    const operator = windowOperator(hopping(50, 30, 10));
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 10), row("a", 45), row("a", 60)]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows)).toEqual([
      [-20, 30, "a", 1],
      [10, 60, "a", 2],
      [40, 90, "a", 2],
    ]);
  });

  test("counts a row that comes late only in the windows its own watermark had not closed", () => {
    const operator = windowOperator(hopping(100, 50));
    const out = collectOutput();
    const rows = [
      row("a", 60),
      row("a", 61, { $watermark: 99 }),
      row("a", 62, { $watermark: 100 }),
      row("a", 63, { $watermark: 150 }),
    ];
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows)).toEqual([
      [0, 100, "a", 2],
      [50, 150, "a", 3],
    ]);
    expect(out.late.map((r) => r["$time"])).toEqual([63]);
    expect(operator.counts).toMatchObject({ rowsIn: 4, accepted: 3, late: 1, rowsOut: 2 });
  });

  test("waits for the allowed lateness before a window is given out", () => {
    const operator = windowOperator(hopping(100, 50), undefined, 20);
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 60)]), out, 0);
    operator.advanceWatermark(119, out);
    expect(out.rows).toEqual([]);
    operator.process(batchOf(windowInput, [row("a", 61, { $watermark: 119 })]), out, 0);
    operator.advanceWatermark(120, out);
    expect(spans(out.rows)).toEqual([[0, 100, "a", 2]]);
  });

  test("keeps a pane until the last window over it has closed", () => {
    const operator = windowOperator(hopping(100, 50));
    const out = collectOutput();
    const [groups] = operator.state;
    operator.process(batchOf(windowInput, [row("a", 60)]), out, 0);
    expect(groups?.takeDelta().map((b) => b.numRows)).toEqual([1]);
    operator.advanceWatermark(100, out);
    expect(groups?.rowCount).toBe(1);
    expect(groups?.takeDelta()).toEqual([]);
    operator.advanceWatermark(150, out);
    expect(groups?.rowCount).toBe(0);
  });

  test("gives what a plain model gives, window by window", () => {
    const shapes = fc.constantFrom(
      hopping(100, 50),
      hopping(100, 100),
      hopping(90, 60, 10),
      hopping(70, 30, 29),
      hopping(200, 10),
      hopping(130, 20),
    );
    // The greatest value cannot be taken out of a sum again, the others can.
    const calls = fc.constantFrom(modelCalls, [...modelCalls, everyCall[5]!]);
    const law = fc.property(windowCases, shapes, calls, fc.nat({ max: 60 }), (...drawn) => {
      const [each, window, aggregates, lateness] = drawn;
      const operator = windowOperator(window, aggregates, lateness);
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
    fc.assert(law, { seed: 7, numRuns: 150 });
  });
});

for (const [name, calls] of [
  ["exact sums", modelCalls],
  ["every aggregate", everyCall],
] as const) {
  operatorLaws({
    name: `hopping windows of many panes with ${name}`,
    create: () => windowOperator(hopping(170, 10), calls, 30),
    segments: windowCases.map(({ segments }) => segments),
    takeRows,
    runs: 15,
  });
}

operatorLaws({
  name: "hopping windows",
  create: () => windowOperator(hopping(90, 60, 10), everyCall, 30),
  segments: windowCases.map(({ segments }) => segments),
  takeRows,
  runs: 25,
});

operatorLaws({
  name: "hopping windows with exact and ordered aggregates",
  create: () => windowOperator(hopping(90, 60, 10), moreCalls, 30),
  segments: windowCases.map(({ segments }) => segments),
  takeRows,
  runs: 10,
});
