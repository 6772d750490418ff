import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws, type OperatorSegment } from "@millrace/conformance";
import type { DataType, FieldType, Operator, RowSchema } from "@millrace/core";
import { windowFields, type AggregateCall, type WindowAggregateSpec } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  batchOf,
  call,
  column,
  float64,
  int32,
  int64,
  lineageFields,
  operatorOf,
  timeField,
  utf8,
  watermarkField,
} from "../fixtures.ts";
import { moreCalls } from "./window-fixtures.ts";

const nullableUtf8: DataType = { ...utf8, nullable: true };
const input: RowSchema = {
  fields: [
    { name: "key", type: nullableUtf8 },
    { name: "x", type: float64 },
    { name: "n", type: int32 },
    { name: "s", type: nullableUtf8 },
  ],
};
const inputFields: readonly FieldType[] = [...input.fields, timeField, ...lineageFields];
const x = column("x", float64);
const n = column("n", int32);
const s = column("s", nullableUtf8);

function windowSpec(calls: readonly AggregateCall[], lateness = 0): WindowAggregateSpec {
  return {
    kind: "windowAggregate",
    keys: ["key"],
    window: { kind: "tumbling", sizeMs: 100, offsetMs: 0 },
    allowedLatenessMs: lateness,
    calls,
    columns: calls.map(({ type }, i) => ({ name: `r${i}`, expression: column(`$${i}`, type) })),
  };
}

function windowOf(calls: readonly AggregateCall[], lateness = 0): Operator {
  const spec = windowSpec(calls, lateness);
  const results = calls.map(({ type }, i) => ({ name: `r${i}`, type }));
  const output = { fields: [input.fields[0] as FieldType, ...windowFields, ...results] };
  return operatorOf(spec, { input, output });
}

type Row = Readonly<Record<string, unknown>>;

const row = (key: string | null, time: number, more: Row = {}): Row => ({
  key,
  $time: time,
  $source: 0,
  $partition: 0,
  $offset: time,
  ...more,
});

const count = call("count", undefined, int64);

describe("a window aggregation", () => {
  test("emits each window when the watermark reaches its end, keys ascending", () => {
    const operator = windowOf([count]);
    const out = collectOutput();
    operator.process(
      batchOf(inputFields, [row("b", 5), row("a", 99), row("b", 100), row(null, 7), row("b", 8)]),
      out,
      0,
    );
    operator.advanceWatermark(99, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(100, out);
    const rest = { windowStart: 0, windowEnd: 100, $time: 99 };
    expect(out.rows).toEqual([
      { key: null, r0: 1, ...rest },
      { key: "a", r0: 1, ...rest },
      { key: "b", r0: 2, ...rest },
    ]);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.at(-1)).toEqual({
      key: "b",
      r0: 1,
      windowStart: 100,
      windowEnd: 200,
      $time: 199,
    });
  });

  test("floors times before 1970 to their window", () => {
    const operator = windowOf([count]);
    const out = collectOutput();
    operator.process(batchOf(inputFields, [row("a", -1), row("a", -100), row("a", -101)]), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.map((r) => [r["windowStart"], r["r0"]])).toEqual([
      [-200, 1],
      [-100, 2],
    ]);
  });

  test("gives rows aside whose own watermark had passed their window", () => {
    const operator = windowOf([count], 50);
    const out = collectOutput();
    const fields = [...inputFields, watermarkField];
    const rows = [
      row("a", 10, { $watermark: 149 }),
      row("a", 11, { $watermark: 150 }),
      row("a", 12, { $watermark: null }),
    ];
    operator.process(batchOf(fields, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.late.map((r) => r["$time"])).toEqual([11]);
    expect(out.rows.map((r) => r["r0"])).toEqual([2]);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 2, late: 1, rowsOut: 1 });
  });

  test("refuses a row that is not late for a window that has closed", () => {
    const operator = windowOf([count]);
    const out = collectOutput();
    operator.advanceWatermark(100, out);
    expect(() => operator.process(batchOf(inputFields, [row("a", 1)]), out, 0)).toThrow("is open");
  });

  test("lets an aggregate see only the rows of its filter and without nulls", () => {
    const filter = column("f", { kind: "boolean", nullable: true });
    const operator = operatorOf(
      {
        ...windowSpec([call("sum", n, int64, { filter }), call("count", n, int64)]),
        keys: [],
      },
      {
        input: { fields: [{ name: "n", type: int32 }] },
        output: {
          fields: [...windowFields, { name: "r0", type: int64 }, { name: "r1", type: int64 }],
        },
      },
    );
    const out = collectOutput();
    const fields: FieldType[] = [
      { name: "n", type: int32 },
      { name: "f", type: { kind: "boolean", nullable: true } },
      timeField,
    ];
    const rows = [
      { n: 1, f: true, $time: 0 },
      { n: 2, f: false, $time: 0 },
      { n: 4, f: null, $time: 0 },
      { n: null, f: true, $time: 0 },
      { n: 8, f: true, $time: 0 },
    ];
    operator.process(batchOf(fields, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows[0]).toMatchObject({ r0: 9, r1: 4 });
  });

  test("counts each different value once with distinct", () => {
    const operator = windowOf([
      call("count", s, int64, { distinct: true }),
      call("sum", n, int64, { distinct: true }),
    ]);
    const out = collectOutput();
    const rows = [
      row("a", 1, { s: "p", n: 3 }),
      row("a", 2, { s: "p", n: 3 }),
      row("b", 2, { s: "p", n: 3 }),
      row("a", 3, { s: "q", n: 4 }),
      row("a", 4, { s: null, n: null }),
    ];
    operator.process(batchOf(inputFields, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(out.rows.map((r) => [r["key"], r["r0"], r["r1"]])).toEqual([
      ["a", 2, 7],
      ["b", 1, 3],
    ]);
  });

  test("names operator and column when an exact sum overflows", () => {
    const operator = operatorOf(
      { ...windowSpec([call("sum", column("i", int64), int64)]), keys: [] },
      {
        input: { fields: [{ name: "i", type: int64 }] },
        output: { fields: [...windowFields, { name: "r0", type: int64 }] },
      },
    );
    const fields = [{ name: "i", type: int64 }, timeField];
    const big = Number.MAX_SAFE_INTEGER;
    const rows = [
      { i: big, $time: 0 },
      { i: big, $time: 1 },
    ];
    expect(() => operator.process(batchOf(fields, rows), collectOutput(), 0)).toThrow(
      expect.objectContaining({
        code: "RUN_SUM_OVERFLOW",
        params: { operatorId: "under-test", column: "r0" },
      }),
    );
  });

  test("puts many small windows into few batches", () => {
    const operator = windowOf([count]);
    const rows = Array.from({ length: 500 }, (_, i) => row("a", i * 100));
    let batches = 0;
    const out = { ...collectOutput(), emit: () => void (batches += 1) };
    operator.process(batchOf(inputFields, rows), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(batches).toBe(1);
    expect(operator.counts.rowsOut).toBe(500);
  });

  test("sends changed groups only to the changelog, and forgets closed windows", () => {
    const operator = windowOf([count]);
    const out = collectOutput();
    const [groups] = operator.state;
    operator.process(batchOf(inputFields, [row("a", 1), row("b", 2)]), out, 0);
    expect(groups?.takeDelta().map((b) => b.numRows)).toEqual([2]);
    operator.process(batchOf(inputFields, [row("b", 3)]), out, 0);
    expect(groups?.takeDelta().map((b) => b.numRows)).toEqual([1]);
    expect(groups?.takeDelta()).toEqual([]);
    expect(groups?.rowCount).toBe(2);
    operator.advanceWatermark(100, out);
    expect(groups?.rowCount).toBe(0);
  });
});

const laws: readonly AggregateCall[] = [
  count,
  call("sum", x, float64),
  call("sum", n, int64),
  call("mean", x, float64),
  call("min", s, nullableUtf8),
  call("max", n, int32),
  call("stddev", n, float64),
  call("first", s, nullableUtf8),
  call("last", x, float64),
  call("quantile", x, float64, { q: 0.5 }),
  call("approxDistinct", s, int64),
  call("count", s, int64, { distinct: true }),
  call("mean", n, float64, { distinct: true }),
];

/** Segments whose rows are never before the watermark of the segment before. */
const segments: fc.Arbitrary<readonly OperatorSegment[]> = fc
  .array(
    fc.record({
      rows: fc.array(
        fc.record({
          key: fc.constantFrom("a", "b", "é", "", null),
          ahead: fc.nat({ max: 350 }),
          x: fc.oneof(fc.double({ min: -1000, max: 1000, noNaN: true }), fc.constant(null)),
          n: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(null)),
          s: fc.constantFrom("p", "q", "long text", null),
          isLate: fc.boolean(),
        }),
        { maxLength: 12 },
      ),
      step: fc.nat({ max: 150 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) => {
    let watermark = -200;
    let offset = 0;
    return all.map(({ rows, step }) => {
      const base = watermark;
      watermark += step;
      const plain = rows.map((r) => ({
        ...row(r.key, r.isLate ? base - 500 : base + r.ahead),
        x: r.x,
        n: r.n,
        s: r.s,
        $offset: (offset += 1),
        $watermark: r.isLate ? base : null,
      }));
      return { rows: batchOf([...inputFields, watermarkField], plain), watermark };
    });
  });

operatorLaws({
  name: "windowAggregate",
  create: () => windowOf(laws, 30),
  segments,
  takeRows,
  runs: 25,
});

operatorLaws({
  name: "windowAggregate with exact and ordered aggregates",
  create: () => windowOf(moreCalls, 30),
  segments,
  takeRows,
  runs: 15,
});
