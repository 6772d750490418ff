import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { SessionWindow } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import { byEndAndKey, naiveSessions } from "./naive-windows.ts";
import {
  everyCall,
  moreCalls,
  modelWindow,
  spans,
  windowCases,
  windowInput,
  windowOperator,
  windowRow as row,
} from "./window-fixtures.ts";

function session(gapMs: number): SessionWindow {
  return { kind: "session", gapMs };
}

describe("a session aggregation", () => {
  test("emits a session when the watermark reaches its last row plus the gap", () => {
    const operator = windowOperator(session(10));
    const out = collectOutput();
    const rows = [row("a", 3), row("b", 5), row("a", 12), row("a", 21)];
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(15, out);
    expect(spans(out.rows)).toEqual([[5, 15, "b", 1]]);
    operator.advanceWatermark(30, out);
    expect(out.rows).toHaveLength(1);
    operator.advanceWatermark(31, out);
    expect(spans(out.rows).slice(1)).toEqual([[3, 31, "a", 3]]);
    expect(out.rows.map((r) => r["$time"])).toEqual([14, 30]);
  });

  test("starts another session exactly a gap after the last row", () => {
    const operator = windowOperator(session(10));
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 3), row("a", 13), row("a", 22)]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows)).toEqual([
      [3, 13, "a", 1],
      [13, 32, "a", 2],
    ]);
  });

  test("makes one session of two when a row falls between them", () => {
    const operator = windowOperator(session(10));
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", -8), row("a", 7)]), out, 0);
    operator.process(batchOf(windowInput, [row("a", -1)]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows)).toEqual([[-8, 17, "a", 3]]);
  });

  test("gives aside the rows whose own watermark had passed them by more than the lateness", () => {
    const operator = windowOperator(session(10), undefined, 5);
    const out = collectOutput();
    const rows = [row("a", 20), row("a", 21, { $watermark: 26 }), row("a", 22, { $watermark: 28 })];
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(35, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(36, out);
    expect(spans(out.rows)).toEqual([[20, 31, "a", 2]]);
    expect(out.late.map((r) => r["$time"])).toEqual([22]);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 2, late: 1, rowsOut: 1 });
  });

  test("frees the rows of written sessions beside a session that goes on", () => {
    const operator = windowOperator(session(10));
    const out = collectOutput();
    const [groups] = operator.state;
    const short = ["p", "q", "r", "s"].map((key) => row(key, 5));
    operator.process(batchOf(windowInput, [row("a", 5), ...short, row("a", 14)]), out, 0);
    groups?.takeDelta();
    operator.advanceWatermark(15, out);
    expect(out.rows).toHaveLength(4);
    operator.advanceWatermark(16, out);
    expect(groups?.rowCount).toBe(2);
    operator.process(batchOf(windowInput, [row("a", 16)]), out, 0);
    operator.advanceWatermark(26, out);
    expect(spans(out.rows).at(-1)).toEqual([5, 26, "a", 3]);
    expect(groups?.rowCount).toBe(0);
  });

  test("does not write a session again after a restart", () => {
    const before = windowOperator(session(10));
    const out = collectOutput();
    before.process(batchOf(windowInput, [row("a", 8), row("a", 12), row("b", 19)]), out, 0);
    const delta = before.state[0]?.takeDelta() ?? [];
    before.advanceWatermark(25, out);
    expect(spans(out.rows)).toEqual([[8, 22, "a", 2]]);
    const after = windowOperator(session(10));
    for (const batch of delta) after.state[0]?.restore(batch);
    after.state[0]?.restored(25);
    expect(after.state[0]?.rowCount).toBe(2);
    const rest = collectOutput();
    after.advanceWatermark(Infinity, rest);
    expect(spans(rest.rows)).toEqual([[19, 29, "b", 1]]);
  });

  test("gives what a plain model gives, session by session", () => {
    const gaps = fc.constantFrom(1, 20, 45, 100);
    const law = fc.property(windowCases, gaps, fc.nat({ max: 150 }), (each, gap, lateness) => {
      const operator = windowOperator(session(gap), undefined, lateness);
      const out = collectOutput();
      for (const { rows, watermark } of each.segments) {
        operator.process(rows, out, 0);
        operator.advanceWatermark(watermark, out);
        operator.state[0]?.takeDelta();
      }
      operator.advanceWatermark(Infinity, out);
      const model = naiveSessions(each.rows, gap, lateness);
      expect(out.rows.map(modelWindow).sort(byEndAndKey)).toEqual(model.windows);
      expect(out.late.map((r) => r["$time"])).toEqual(model.late.map((r) => r.time));
    });
    fc.assert(law, { seed: 11, numRuns: 200 });
  });
});

for (const gap of [30, 70]) {
  operatorLaws({
    name: `sessions with a gap of ${gap}`,
    create: () => windowOperator(session(gap), everyCall, 100),
    segments: windowCases.map(({ segments }) => segments),
    takeRows,
    runs: 25,
  });
}

operatorLaws({
  name: "session windows with exact and ordered aggregates",
  create: () => windowOperator(session(70), moreCalls, 30),
  segments: windowCases.map(({ segments }) => segments),
  takeRows,
  runs: 10,
});
