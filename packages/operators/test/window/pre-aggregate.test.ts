import { takeRows } from "@millrace/columnar";
import { collectOutput, expectSameRows, operatorLaws, type OutputRow } from "@millrace/conformance";
import type { DataType, FieldType, Operator } from "@millrace/core";
import {
  type AggregateCall,
  type PreAggregateSpec,
  type WindowAggregateSpec,
  windowFields,
} from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, call, column, float64, int32, int64, operatorOf, utf8 } from "../fixtures.ts";
import { type WindowCase, windowCases, windowInput, windowRow as row } from "./window-fixtures.ts";

type Window = PreAggregateSpec["window"];

const nullableUtf8: DataType = { ...utf8, nullable: true };
const nullableSum: DataType = { ...int64, nullable: true };
const isHigh = {
  kind: "call",
  function: "gt",
  arguments: [column("n", int32), { kind: "literal", value: 0, type: int32 }],
  type: { kind: "boolean", nullable: true },
} as const;
const input = { fields: windowInput.slice(0, 4) };
const key = input.fields[0] as FieldType;

/** Calls of rows, and the function that puts their results together. */
const calls: readonly (readonly [AggregateCall, AggregateCall["function"]])[] = [
  [call("count", undefined, int64), "sum"],
  [call("count", column("s", nullableUtf8), int64, { filter: isHigh }), "sum"],
  [call("sum", column("n", int32), nullableSum), "sum"],
  [call("sum", column("n", int32), nullableSum, { filter: isHigh }), "sum"],
  [call("min", column("s", nullableUtf8), nullableUtf8), "min"],
  [call("max", column("x", float64), float64), "max"],
];

const partials = calls.map(([each], i): FieldType => ({ name: `p${i}`, type: each.type }));

function putTogether(window: Window): Operator {
  const columns = calls.map(([each], i) => ({ name: `p${i}`, call: each }));
  const spec: PreAggregateSpec = { kind: "preAggregate", keys: ["key"], window, columns };
  return operatorOf(spec, { input, output: { fields: [key, ...partials] } });
}

function aggregation(window: Window, isOfPartials: boolean): Operator {
  const own = isOfPartials
    ? calls.map(([each, merge], i) => call(merge, column(`p${i}`, each.type), each.type))
    : calls.map(([each]) => each);
  const spec: WindowAggregateSpec = {
    kind: "windowAggregate",
    keys: ["key"],
    window,
    allowedLatenessMs: 30,
    calls: own,
    columns: own.map(({ type }, i) => ({ name: `r${i}`, expression: column(`$${i}`, type) })),
  };
  const results = own.map(({ type }, i): FieldType => ({ name: `r${i}`, type }));
  const output = { fields: [key, ...windowFields, ...results] };
  return operatorOf(spec, {
    input: isOfPartials ? { fields: [key, ...partials] } : input,
    output,
  });
}

interface Result {
  readonly rows: readonly OutputRow[];
  readonly late: number;
}

function aggregated({ segments }: WindowCase, window: Window, isPutTogether: boolean): Result {
  const operator = aggregation(window, isPutTogether);
  const before = putTogether(window);
  const out = collectOutput();
  for (const { rows, watermark } of segments) {
    if (isPutTogether) {
      before.process(rows, { ...collectOutput(), emit: (b) => operator.process(b, out, 0) }, 0);
    } else operator.process(rows, out, 0);
    operator.advanceWatermark(watermark, out);
  }
  operator.advanceWatermark(Infinity, out);
  return { rows: out.rows, late: operator.counts.late };
}

const windows: readonly Window[] = [
  { kind: "tumbling", sizeMs: 60, offsetMs: 7 },
  { kind: "hopping", sizeMs: 90, slideMs: 40, offsetMs: 0 },
  { kind: "cumulate", stepMs: 30, sizeMs: 120, offsetMs: 0 },
  { kind: "calendar", unit: "day", timeZone: "Europe/Berlin" },
];

test.each(windows)("windows of rows that were put together are the same: $kind", (window) => {
  const law = fc.property(windowCases, (each) => {
    const expected = aggregated(each, window, false);
    const found = aggregated(each, window, true);
    expectSameRows(found.rows, expected.rows, 0);
    expect(found.late).toBe(expected.late);
  });
  fc.assert(law, { seed: 8, numRuns: 60 });
});

describe("preAggregate", () => {
  const window: Window = { kind: "tumbling", sizeMs: 100, offsetMs: 0 };

  function partialRows(rows: readonly Readonly<Record<string, unknown>>[]): readonly OutputRow[] {
    const operator = putTogether(window);
    const out = collectOutput();
    operator.process(batchOf(windowInput, rows), out, 0);
    expect(operator.counts).toMatchObject({ rowsIn: rows.length, rowsOut: out.rows.length });
    return out.rows;
  }

  test("gives one row for each key and pane of a batch, with the greatest time", () => {
    const rows = [row("a", 10), row("b", 90), row("a", 70, { n: 5 }), row("a", 110), row("a", 20)];
    const found = partialRows(rows).map((r) => [r["key"], r["$time"], r["p0"], r["p2"]]);
    expect(found).toEqual([
      ["a", 70, 3, 7],
      ["b", 90, 1, 1],
      ["a", 110, 1, 1],
    ]);
  });

  test("leaves rows that are behind their source's watermark alone", () => {
    const rows = [
      row("a", 10),
      row("a", 20, { $watermark: 50 }),
      row("a", 30, { $watermark: 50 }),
      row("a", 60),
    ];
    const found = partialRows(rows).map((r) => [r["$time"], r["p0"], r["$watermark"]]);
    expect(found).toEqual([
      [60, 2, null],
      [20, 1, 50],
      [30, 1, 50],
    ]);
  });

  test("stops looking up keys for a while where it does not pay", () => {
    const operator = putTogether(window);
    const out = collectOutput();
    const batch = (keys: number) =>
      batchOf(
        windowInput,
        Array.from({ length: 300 }, (_, i) => row(`${i % keys}`, i % 100, { n: i })),
      );
    const emitted: number[] = [];
    for (const keys of [300, ...Array.from({ length: 32 }, () => 10), 10]) {
      const before = out.rows.length;
      operator.process(batch(keys), out, 0);
      emitted.push(out.rows.length - before);
    }
    expect(emitted).toEqual([...Array.from({ length: 32 }, () => 300), 10, 10]);
    const alone = out.rows[301];
    expect(alone).toMatchObject({ key: "1", p0: 1, p2: 1, $time: 1 });
  });
});

// What one batch makes of its rows depends on the batch: the laws hold for both operators together.
for (const window of windows) {
  operatorLaws({
    name: `${window.kind} windows of rows that were put together`,
    create: () => chained(window),
    segments: windowCases.map(({ segments }) => segments),
    takeRows,
    runs: 10,
  });
}

/** Both operators as one. Late rows, which come as partial rows, are left to their count. */
function chained(window: Window): Operator {
  const before = putTogether(window);
  const operator = aggregation(window, true);
  return {
    counts: operator.counts,
    state: operator.state,
    process: (batch, out) => {
      const emit = (partial: typeof batch): void => {
        operator.process(partial, { ...out, emitLate: () => undefined }, 0);
      };
      before.process(batch, { ...out, emit }, 0);
    },
    advanceWatermark: (watermark, out) => operator.advanceWatermark(watermark, out),
  };
}
