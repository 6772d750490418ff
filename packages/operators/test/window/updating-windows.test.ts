import { takeRows } from "@millrace/columnar";
import {
  type CollectedOutput,
  collectOutput,
  foldChanges,
  operatorLaws,
  type OutputRow,
} from "@millrace/conformance";
import type { WindowEmit, WindowSpec } from "@millrace/plan";
import { tableFromIPC, Table, tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf } from "../fixtures.ts";
import { byEndAndKey, type ModelWindow } from "./naive-windows.ts";
import {
  everyCall,
  modelWindow,
  type WindowCase,
  windowCases,
  windowInput,
  windowOperator,
  windowRow as row,
} from "./window-fixtures.ts";

const tumbling: WindowSpec = { kind: "tumbling", sizeMs: 100, offsetMs: 0 };
const hopping: WindowSpec = { kind: "hopping", sizeMs: 100, slideMs: 50, offsetMs: 0 };
const session: WindowSpec = { kind: "session", gapMs: 10 };
const onEnd: WindowEmit = { kind: "on-end" };
const onChange: WindowEmit = { kind: "on-change" };
const every = (everyMs: number): WindowEmit => ({ kind: "every", everyMs });

/** Weight, start, end, key and count of each change. */
function changes(rows: readonly OutputRow[]): readonly unknown[][] {
  return rows.map((r) => [r["$weight"], r["windowStart"], r["windowEnd"], r["key"], r["r0"]]);
}

/** What a run has given since it was last asked. */
function since(out: CollectedOutput): readonly unknown[][] {
  return changes(out.rows.splice(0));
}

describe("a window that gives results before it closes", () => {
  test("gives its result at its end, and what late rows change of it", () => {
    const operator = windowOperator(tumbling, undefined, 50, onEnd);
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 10), row("b", 20)]), out, 0);
    operator.advanceWatermark(99, out);
    expect(since(out)).toEqual([]);
    operator.advanceWatermark(100, out);
    expect(since(out)).toEqual([
      [1, 0, 100, "a", 1],
      [1, 0, 100, "b", 1],
    ]);
    const late = [row("a", 11, { $watermark: 100 }), row("a", 12, { $watermark: 100 })];
    operator.process(batchOf(windowInput, late), out, 0);
    expect(since(out)).toEqual([
      [-1, 0, 100, "a", 1],
      [1, 0, 100, "a", 3],
    ]);
    operator.process(batchOf(windowInput, [row("c", 13, { $watermark: 149 })]), out, 0);
    expect(since(out)).toEqual([[1, 0, 100, "c", 1]]);
    operator.process(batchOf(windowInput, [row("c", 14, { $watermark: 150 })]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows).toEqual([]);
    expect(out.late.map((r) => r["$time"])).toEqual([14]);
    expect(operator.counts).toMatchObject({ rowsIn: 6, accepted: 5, late: 1, rowsOut: 5 });
    expect(operator.state.map((table) => table.rowCount)).toEqual([0, 0]);
  });

  test("gives nothing where the result is the same", () => {
    const operator = windowOperator(tumbling, [everyCall[5]!], 50, onEnd);
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 10, { n: 7 })]), out, 0);
    operator.advanceWatermark(100, out);
    operator.process(batchOf(windowInput, [row("a", 11, { n: 3, $watermark: 100 })]), out, 0);
    expect(out.rows).toHaveLength(1);
  });

  test("gives every change at once, in every window of the row", () => {
    const operator = windowOperator(hopping, undefined, 0, onChange);
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 60)]), out, 0);
    expect(since(out)).toEqual([
      [1, 0, 100, "a", 1],
      [1, 50, 150, "a", 1],
    ]);
    operator.process(batchOf(windowInput, [row("a", 110)]), out, 0);
    expect(since(out)).toEqual([
      [-1, 50, 150, "a", 1],
      [1, 50, 150, "a", 2],
      [1, 100, 200, "a", 1],
    ]);
    operator.advanceWatermark(Infinity, out);
    expect(since(out)).toEqual([]);
  });

  test("gives early results when event time passes a multiple", () => {
    const operator = windowOperator(tumbling, undefined, 0, every(30));
    const out = collectOutput();
    operator.advanceWatermark(0, out);
    operator.process(batchOf(windowInput, [row("a", 10)]), out, 0);
    operator.advanceWatermark(29, out);
    expect(since(out)).toEqual([]);
    operator.advanceWatermark(30, out);
    expect(since(out)).toEqual([[1, 0, 100, "a", 1]]);
    operator.advanceWatermark(60, out);
    expect(since(out)).toEqual([]);
    operator.process(batchOf(windowInput, [row("a", 70)]), out, 0);
    operator.advanceWatermark(100, out);
    expect(since(out)).toEqual([
      [-1, 0, 100, "a", 1],
      [1, 0, 100, "a", 2],
    ]);
  });

  test("takes back the sessions that a late row makes one of", () => {
    const operator = windowOperator(session, undefined, 30, onEnd);
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 0), row("a", 15)]), out, 0);
    operator.advanceWatermark(25, out);
    expect(since(out)).toEqual([
      [1, 0, 10, "a", 1],
      [1, 15, 25, "a", 1],
    ]);
    operator.process(batchOf(windowInput, [row("a", 8, { $watermark: 25 })]), out, 0);
    expect(since(out)).toEqual([
      [-1, 15, 25, "a", 1],
      [-1, 0, 10, "a", 1],
      [1, 0, 25, "a", 3],
    ]);
  });

  test("takes back a session that grows past event time, until it ends again", () => {
    const operator = windowOperator(session, undefined, 30, onEnd);
    const out = collectOutput();
    operator.process(batchOf(windowInput, [row("a", 0)]), out, 0);
    operator.advanceWatermark(12, out);
    expect(since(out)).toEqual([[1, 0, 10, "a", 1]]);
    operator.process(batchOf(windowInput, [row("a", 9, { $watermark: 12 })]), out, 0);
    expect(since(out)).toEqual([[-1, 0, 10, "a", 1]]);
    operator.advanceWatermark(19, out);
    expect(since(out)).toEqual([[1, 0, 19, "a", 2]]);
  });
});

function run(
  each: WindowCase,
  create: () => ReturnType<typeof windowOperator>,
  more: { readonly pieces?: number; readonly cut?: number; readonly hasDeltas?: boolean } = {},
): CollectedOutput {
  const out = collectOutput();
  let operator = create();
  const log = new Map<string, Uint8Array[]>();
  for (const [at, { rows, watermark }] of each.segments.entries()) {
    const size = more.pieces ?? Math.max(rows.numRows, 1);
    for (let from = 0; from < rows.numRows; from += size) {
      const count = Math.min(size, rows.numRows - from);
      const taken = Int32Array.from({ length: count }, (_, i) => from + i);
      operator.process(takeRows(rows, taken, count), out, 0);
    }
    operator.advanceWatermark(watermark, out);
    if (more.cut === undefined && more.hasDeltas !== true) continue;
    for (const table of operator.state) {
      const kept = log.get(table.name) ?? [];
      const delta = table.takeDelta().map((batch) => tableToIPC(new Table(batch), "stream"));
      log.set(table.name, [...kept, ...delta]);
    }
    if (at !== more.cut) continue;
    operator = create();
    for (const table of operator.state) {
      for (const bytes of log.get(table.name) ?? []) table.restore(tableFromIPC(bytes).batches[0]!);
    }
    for (const table of operator.state) table.restored(watermark);
  }
  operator.advanceWatermark(Infinity, out);
  return out;
}

const kinds: Readonly<Record<string, WindowSpec>> = {
  tumbling,
  hopping: { kind: "hopping", sizeMs: 90, slideMs: 60, offsetMs: 10 },
  cumulate: { kind: "cumulate", stepMs: 30, sizeMs: 90, offsetMs: 0 },
  session: { kind: "session", gapMs: 35 },
};

describe.each(Object.entries(kinds))("changes of %s windows", (_, window) => {
  const emits = fc.constantFrom(onEnd, onChange, every(40), every(7));

  test("come to what windows give that are given out once, however they come", () => {
    const more = fc.record(
      { pieces: fc.integer({ min: 1, max: 5 }), cut: fc.nat({ max: 6 }) },
      { requiredKeys: [] },
    );
    const law = fc.property(
      windowCases,
      emits,
      fc.nat({ max: 120 }),
      more,
      (each, emit, lateness, how) => {
        const once = run(each, () => windowOperator(window, undefined, lateness));
        const changing = run(each, () => windowOperator(window, undefined, lateness, emit), how);
        const standing: ModelWindow[] = foldChanges(changing.rows).map(modelWindow);
        expect(standing.sort(byEndAndKey)).toEqual(once.rows.map(modelWindow).sort(byEndAndKey));
        expect(changing.late).toEqual(once.late);
      },
    );
    fc.assert(law, { seed: 3, numRuns: 120 });
  });

  test("take back exactly the rows that stand, with every aggregate, across restarts", () => {
    const law = fc.property(windowCases, emits, fc.nat({ max: 6 }), (each, emit, cut) => {
      const create = () => windowOperator(window, everyCall, 60, emit);
      const standing = foldChanges(run(each, create, { cut }).rows);
      const once = run(each, () => windowOperator(window, everyCall, 60));
      expect(standing).toHaveLength(once.rows.length);
    });
    fc.assert(law, { seed: 5, numRuns: 30 });
  });
});

for (const [name, window] of Object.entries(kinds)) {
  const emit = name === "tumbling" || name === "session" ? onEnd : every(40);
  operatorLaws({
    name: `changes of ${name} windows`,
    create: () => windowOperator(window, everyCall, 60, emit),
    segments: windowCases.map(({ segments }) => segments),
    takeRows,
    runs: 12,
  });
}
