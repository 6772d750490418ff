import type { OperatorSegment, OutputRow } from "@millrace/conformance";
import type { DataType, FieldType, Operator, RowSchema } from "@millrace/core";
import {
  type AggregateCall,
  type WindowEmit,
  windowFields,
  type WindowAggregateSpec,
  type WindowSpec,
} from "@millrace/plan";
import fc from "fast-check";
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
import type { ModelRow, ModelWindow } from "./naive-windows.ts";

const nullableUtf8: DataType = { ...utf8, nullable: true };
const input: RowSchema = {
  fields: [
    { name: "key", type: nullableUtf8 },
    { name: "x", type: float64 },
    { name: "n", type: int32 },
    { name: "s", type: nullableUtf8 },
  ],
};
const x = column("x", float64);
const n = column("n", int32);
const s = column("s", nullableUtf8);

/** Columns of a batch under test, hidden ones included. */
export const windowInput: readonly FieldType[] = [
  ...input.fields,
  timeField,
  ...lineageFields,
  watermarkField,
];

/** The number of rows and the sum of `n`: what the models compute. */
export const modelCalls: readonly AggregateCall[] = [
  call("count", undefined, int64),
  call("sum", n, int64),
];

/** One call of each kind of state. */
export const everyCall: readonly AggregateCall[] = [
  ...modelCalls,
  call("sum", x, float64),
  call("mean", x, float64),
  call("min", s, nullableUtf8),
  call("max", n, int32),
  call("stddev", n, float64),
  call("first", s, nullableUtf8),
  call("last", x, float64, { distinct: true }),
  call("quantile", x, float64, { q: 0.5 }),
  call("approxDistinct", s, int64),
  call("count", s, int64, { distinct: true }),
  call("mean", n, float64, { distinct: true }),
];

const listOf = (item: DataType): DataType => ({ kind: "list", item, nullable: true });
const exact = { settings: { exact: true } } as const;
const frequent = listOf({
  kind: "row",
  fields: [
    { name: "value", type: utf8 },
    { name: "count", type: int64 },
  ],
  nullable: false,
});
const bin: DataType = {
  kind: "row",
  fields: [
    { name: "from", type: float64 },
    { name: "to", type: float64 },
    { name: "count", type: int64 },
  ],
  nullable: false,
};
/** Every aggregate that keeps more than a few numbers, or goes by order. */
export const moreCalls: readonly AggregateCall[] = [
  call("sum", x, float64, exact),
  call("quantile", x, float64, { q: 0.5, ...exact }),
  call("quantile", n, float64, { q: 0.5, distinct: true, ...exact }),
  call("quantile", n, float64, { q: 0.5, settings: { sketch: "kll" } }),
  call("argMin", s, nullableUtf8, { others: [n] }),
  call("argMax", n, int32, { others: [s] }),
  call("skewness", n, float64),
  call("kurtosis", n, float64),
  call("covariance", n, float64, { others: [x] }),
  call("correlation", n, float64, { others: [x] }),
  call("mode", s, nullableUtf8),
  call("topK", s, frequent, { settings: { k: 2 } }),
  call("approxTopK", s, frequent, { settings: { k: 2, capacity: 10 } }),
  call("histogram", x, listOf(bin), { settings: { width: 100 } }),
  call("histogram", n, listOf(bin), { settings: { edges: [0, 5] }, distinct: true }),
  call("collectList", s, listOf(utf8), { settings: { limit: 2 } }),
  call("collectSet", n, listOf(int32), { settings: { limit: 2 } }),
  call(
    "collectMap",
    s,
    { kind: "map", value: int32, nullable: true },
    {
      others: [n],
      settings: { limit: 2 },
    },
  ),
  call("decayingMean", n, float64, { settings: { halfLifeMs: 50 } }),
];

/** A window aggregation by `key`; its results are columns `r0`, `r1`, …. */
export function windowOperator(
  window: WindowSpec,
  calls: readonly AggregateCall[] = modelCalls,
  allowedLatenessMs = 0,
  emit?: WindowEmit,
): Operator {
  const spec: WindowAggregateSpec = {
    kind: "windowAggregate",
    keys: ["key"],
    window,
    allowedLatenessMs,
    ...(emit === undefined ? {} : { emit }),
    calls,
    columns: calls.map(({ type }, i) => ({ name: `r${i}`, expression: column(`$${i}`, type) })),
  };
  const results = calls.map(({ type }, i) => ({ name: `r${i}`, type }));
  const output = { fields: [input.fields[0] as FieldType, ...windowFields, ...results] };
  return operatorOf(spec, { input, output });
}

/** A row as plain values. */
export function windowRow(
  key: string | null,
  time: number,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const lineage = { $source: 0, $partition: 0, $offset: time };
  return { key, $time: time, n: 1, x: 1, s: null, ...lineage, ...more };
}

/** A row of output as a model gives it. */
export function modelWindow(out: OutputRow): ModelWindow {
  return {
    key: out["key"] as string | null,
    windowStart: out["windowStart"] as number,
    windowEnd: out["windowEnd"] as number,
    count: out["r0"] as number,
    sum: out["r1"] as number,
  };
}

/** Start, end, key and count of each row of output. */
export function spans(rows: readonly OutputRow[]): readonly unknown[][] {
  return rows.map((r) => [r["windowStart"], r["windowEnd"], r["key"], r["r0"]]);
}

/** Rows and watermarks, and the same rows as a model reads them. */
export interface WindowCase {
  readonly segments: readonly OperatorSegment[];
  readonly rows: readonly ModelRow[];
}

/**
 * Segments as a task sees them: a row behind its partition's watermark carries it, and the
 * operator's watermark is that of the slowest partition, so it may be behind what a row carries.
 */
export const windowCases: fc.Arbitrary<WindowCase> = fc
  .array(
    fc.record({
      rows: fc.array(
        fc.record({
          key: fc.constantFrom("a", "b", "é", "", null),
          /** From the partition's watermark. */
          ahead: fc.integer({ min: -250, max: 250 }),
          partition: fc.constantFrom(0, 1),
          n: fc.integer({ min: -9, max: 9 }),
          x: fc.oneof(fc.double({ min: -1000, max: 1000, noNaN: true }), fc.constant(null)),
          s: fc.constantFrom("p", "q", "long text", null),
        }),
        { maxLength: 14 },
      ),
      steps: fc.tuple(fc.nat({ max: 150 }), fc.nat({ max: 150 })),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((all) => {
    const watermarks = [-200, -170];
    const rows: ModelRow[] = [];
    let offset = 0;
    const segments = all.map((segment) => {
      const plain = segment.rows.map((each) => {
        const watermark = watermarks[each.partition] as number;
        const time = watermark + each.ahead;
        const isBehind = time < watermark;
        const { key, n: number } = each;
        rows.push({ key, time, watermark: isBehind ? watermark : -Infinity, n: number });
        offset += 1;
        return windowRow(key, time, {
          n: number,
          x: each.x,
          s: each.s,
          $partition: each.partition,
          $offset: offset,
          $watermark: isBehind ? watermark : null,
        });
      });
      for (const [partition, step] of segment.steps.entries()) {
        watermarks[partition] = (watermarks[partition] as number) + step;
      }
      return { rows: batchOf(windowInput, plain), watermark: Math.min(...watermarks) };
    });
    return { segments, rows };
  });
