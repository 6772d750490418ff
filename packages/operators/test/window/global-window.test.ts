import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws, type OutputRow } from "@millrace/conformance";
import type { GlobalWindow } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import type { ModelRow } from "./naive-windows.ts";
import {
  everyCall,
  spans,
  windowCases,
  windowInput,
  windowOperator,
  windowRow as row,
} from "./window-fixtures.ts";

function rowsTrigger(count: number, purge: boolean): GlobalWindow {
  return { kind: "global", trigger: { kind: "rows", count }, purge };
}

function timeTrigger(everyMs: number, purge: boolean): GlobalWindow {
  return { kind: "global", trigger: { kind: "every", everyMs }, purge };
}

describe("a global window", () => {
  test("gives the sums of every n rows of a key in event order", () => {
    const operator = windowOperator(rowsTrigger(2, true));
    const out = collectOutput();
    const rows = [row("a", 30), row("b", 12), row("a", 10), row("a", 20), row("a", 40)];
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(20, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(31, out);
    expect(spans(out.rows)).toEqual([[10, 21, "a", 2]]);
    operator.advanceWatermark(41, out);
    expect(spans(out.rows).slice(1)).toEqual([[30, 41, "a", 2]]);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows).toHaveLength(2);
    expect(operator.counts).toMatchObject({ rowsIn: 5, accepted: 5, rowsOut: 2 });
  });

  test("gives the sums of all rows so far, where it does not purge", () => {
    const operator = windowOperator(rowsTrigger(2, false));
    const out = collectOutput();
    const rows = [10, 20, 30, 40, 50].map((time) => row("a", time));
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows)).toEqual([
      [10, 21, "a", 2],
      [10, 41, "a", 4],
    ]);
    expect(out.rows.map((r) => r["$time"])).toEqual([20, 40]);
  });

  test("fires when event time passes a multiple, for keys with rows since the last", () => {
    const operator = windowOperator(timeTrigger(100, false));
    const out = collectOutput();
    const rows = [row("a", 10), row("b", 20), row("a", 99), row("a", 100), row("b", 301)];
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(100, out);
    expect(spans(out.rows)).toEqual([
      [10, 100, "a", 2],
      [20, 100, "b", 1],
    ]);
    operator.advanceWatermark(Infinity, out);
    expect(spans(out.rows).slice(2)).toEqual([
      [10, 200, "a", 3],
      [20, 400, "b", 2],
    ]);
  });

  test("lets go of rows that have been given out", () => {
    const operator = windowOperator(rowsTrigger(4, true));
    const out = collectOutput();
    const sizes: number[] = [];
    for (let round = 0; round < 100; round += 1) {
      const rows = ["a", "b", "c"].map((key, i) => row(key, round * 10 + i));
      operator.process(batchOf(windowInput, rows), out, 0);
      operator.advanceWatermark((round + 1) * 10, out);
      for (const table of operator.state) table.takeDelta();
      sizes.push(operator.state.reduce((sum, table) => sum + table.rowCount, 0));
    }
    expect(out.rows).toHaveLength(75);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(12);
  });

  test("fires many times for one key within one batch", () => {
    const operator = windowOperator(rowsTrigger(1, false));
    const out = collectOutput();
    const rows = Array.from({ length: 5_000 }, (_, i) => row("a", i));
    operator.process(batchOf(windowInput, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.map((r) => r["r0"])).toEqual(rows.map((_, i) => i + 1));
  });
});

interface ModelFiring {
  readonly key: string | null;
  readonly end: number;
  readonly count: number;
  readonly sum: number;
}

/** Firings row by row, from rows in event order. */
function naiveFirings(rows: readonly ModelRow[], window: GlobalWindow): ModelFiring[] {
  const { trigger, purge } = window;
  const firings: ModelFiring[] = [];
  for (const key of new Set(rows.map((each) => each.key))) {
    const own = rows.filter((each) => each.key === key).toSorted((a, b) => a.time - b.time);
    let from = 0;
    own.forEach(({ time }, i) => {
      const next = own[i + 1]?.time ?? Infinity;
      const isFired =
        trigger.kind === "rows"
          ? (i + 1) % trigger.count === 0
          : Math.floor(next / trigger.everyMs) > Math.floor(time / trigger.everyMs);
      if (!isFired) return;
      const part = own.slice(purge ? from : 0, i + 1);
      from = i + 1;
      const multiple =
        trigger.kind === "rows" ? 0 : (Math.floor(time / trigger.everyMs) + 1) * trigger.everyMs;
      const end = trigger.kind === "rows" ? time + 1 : multiple;
      firings.push({ key, end, count: part.length, sum: part.reduce((sum, r) => sum + r.n, 0) });
    });
  }
  return firings;
}

const text = (firings: readonly ModelFiring[]): string[] =>
  firings.map((each) => JSON.stringify(each)).sort();

const windows = [
  rowsTrigger(1, true),
  rowsTrigger(3, true),
  rowsTrigger(2, false),
  timeTrigger(40, true),
  timeTrigger(70, false),
];

test.each(windows)("global windows give what a plain model gives: %o", (window) => {
  const law = fc.property(windowCases, (each) => {
    const operator = windowOperator(window);
    const out = collectOutput();
    for (const { rows, watermark } of each.segments) {
      operator.process(rows, out, 0);
      operator.advanceWatermark(watermark, out);
    }
    operator.advanceWatermark(Infinity, out);
    const onTime = each.rows.filter((r) => r.time >= r.watermark);
    const found = out.rows.map((r: OutputRow): ModelFiring => ({
      key: r["key"] as string | null,
      end: r["windowEnd"] as number,
      count: r["r0"] as number,
      sum: r["r1"] as number,
    }));
    // Rows of one time and key are in the order of their offsets, which the cases' rows are in.
    expect(text(found)).toEqual(text(naiveFirings(onTime, window)));
  });
  fc.assert(law, { seed: 13, numRuns: 60 });
});

for (const window of [rowsTrigger(3, true), rowsTrigger(2, false), timeTrigger(70, false)]) {
  operatorLaws({
    name: `global windows ${JSON.stringify(window)}`,
    create: () => windowOperator(window, everyCall),
    segments: windowCases.map(({ segments }) => segments),
    takeRows,
    runs: 20,
  });
}
