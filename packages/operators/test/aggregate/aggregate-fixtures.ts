import { columnBuilder, hashColumns, valueReader } from "@millrace/columnar";
import { type DataType, Decimal } from "@millrace/core";
import { type AggregateCall, argumentsOf, orderedAggregates } from "@millrace/plan";
import fc from "fast-check";
import { expect } from "vitest";
import type { Accumulator, AggregateRows } from "../../src/aggregate/accumulator.ts";
import type { AccumulatorPlan } from "../../src/aggregate/create-accumulator.ts";
import { EventOrder } from "../../src/aggregate/event-order.ts";
import { readNumbers } from "../../src/aggregate/read-numbers.ts";
import { batchOf, call, column, float64, int32, int64, timeField, utf8 } from "../fixtures.ts";

/** A row that is added, or taken back. */
export interface Change {
  readonly group: number;
  /** One value per argument. */
  readonly values: readonly unknown[];
  readonly time: number;
  readonly weight: number;
}

/** An aggregate and values for its arguments. */
export interface AggregateCase {
  readonly name: string;
  readonly call: AggregateCall;
  readonly values: fc.Arbitrary<readonly unknown[]>;
}

export const overflow = (): never => {
  throw new Error("overflow");
};

const groups = Int32Array.of(0, 1, 2);

function columnOf(type: DataType, values: readonly unknown[]): AggregateRows["data"] & object {
  const builder = columnBuilder(type, values.length);
  for (const value of values) builder.append(value);
  return builder.finish();
}

/** Rows as an operator gives them to an accumulator. */
export function inputOf(
  plan: AccumulatorPlan,
  aggregate: AggregateCall,
  all: readonly Change[],
): AggregateRows {
  const rows = plan.seesNulls === true ? all : all.filter((r) => !r.values.includes(null));
  const columns = argumentsOf(aggregate).map(({ type }, i) =>
    columnOf(
      type,
      rows.map(({ values }) => values[i]),
    ),
  );
  const [data, ...others] = columns;
  const order = new EventOrder();
  order.reset(
    batchOf(
      [timeField],
      rows.map(({ time }) => ({ $time: time })),
    ),
  );
  const none = new Float64Array(0);
  return {
    data,
    values: data !== undefined && plan.form === "number" ? readNumbers(data) : none,
    others: others.map((other) => ({
      data: other,
      values: plan.otherForm === "number" ? readNumbers(other) : none,
    })),
    hashes: data === undefined ? new Uint32Array(0) : hashColumns([data], rows.length),
    rows: Int32Array.from(rows.keys()),
    groups: Int32Array.from(rows, ({ group }) => group),
    count: rows.length,
    weights: rows.every(({ weight }) => weight === 1)
      ? undefined
      : Int32Array.from(rows, ({ weight }) => weight),
    order,
  };
}

/** The results of groups 0, 1 and 2 as plain values. */
export function resultsOf(accumulator: Accumulator, type: DataType): unknown[] {
  accumulator.ensure(3);
  const data = accumulator.result(groups, 3);
  const read = valueReader({ ...type, nullable: true });
  return [0, 1, 2].map((row) => read(data, row));
}

/** Brings all state of one to a fresh one, as the changelog does. */
export function copyState(before: Accumulator, after: Accumulator): void {
  after.ensure(3);
  const shuffled = Int32Array.of(2, 0, 1);
  after.restore(before.stateColumns(shuffled, 3), shuffled, 3);
  const { cells, valueCounts } = before;
  for (const entry of cells?.entries() ?? []) {
    if (cells === undefined) continue;
    after.cells?.restore(cells.groupOf(entry), cells.cellOf(entry), cells.valueOf(entry));
  }
  if (valueCounts === undefined) return;
  const all = valueCounts.all();
  after.valueCounts?.restore(
    valueCounts.columns(all, all.length),
    all.map((entry) => valueCounts.countOf(entry)),
    all.map((entry) => valueCounts.groupOf(entry)),
    all.length,
  );
}

/** Equal, numbers up to rounding. */
export function expectClose(actual: unknown, expected: unknown, tolerance = 1e-9): void {
  if (typeof actual === "number" && typeof expected === "number" && Number.isFinite(expected)) {
    const scale = Math.max(1, Math.abs(actual), Math.abs(expected));
    expect(Math.abs(actual - expected) / scale).toBeLessThan(tolerance);
  } else if (Array.isArray(actual) && Array.isArray(expected)) {
    expect(actual.length).toBe(expected.length);
    for (const [i, value] of actual.entries()) expectClose(value, expected[i], tolerance);
  } else {
    expect(actual).toEqual(expected);
  }
}

const bigint: DataType = { kind: "int64", as: "bigint", nullable: true };
const decimal: DataType = { kind: "decimal", precision: 12, scale: 2, nullable: true };
const boolean: DataType = { kind: "boolean", nullable: true };
const x = column("x", float64);
const y = column("y", float64);
const n = column("n", int32);
const s = column("s", utf8);
const flag = column("flag", boolean);
const distinct = { distinct: true };

/** Without values so small that their squares are 0. */
const floats = fc.oneof(
  fc.integer({ min: -4, max: 4 }).map((value) => value / 2),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Math.round(value * 1e3) / 1e3),
);
const specials = fc.oneof(floats, fc.constantFrom(Number.NaN, Infinity, -Infinity));
const wholes = fc.integer({ min: -5, max: 5 });
const texts = fc.constantFrom("", "a", "b", "é", "long text");
const cents = fc.integer({ min: -500, max: 500 }).map((value) => new Decimal(BigInt(value), 2));
const truths = fc.constantFrom(true, false, null);

function aggregateCase(
  name: string,
  aggregate: AggregateCall,
  ...values: readonly fc.Arbitrary<unknown>[]
): AggregateCase {
  return { name, call: aggregate, values: fc.tuple(...values) };
}

function listOf(item: DataType): DataType {
  return { kind: "list", item, nullable: true };
}

function counted(value: DataType): DataType {
  const fields = [
    { name: "value", type: value },
    { name: "count", type: int64 },
  ];
  return listOf({ kind: "row", fields, nullable: false });
}

const binFields = [
  { name: "from", type: { ...float64, nullable: false } },
  { name: "to", type: { ...float64, nullable: false } },
  { name: "count", type: int64 },
];
const bins = listOf({ kind: "row", fields: binFields, nullable: false });
const map: DataType = { kind: "map", value: int32, nullable: true };

const pairOf = (name: "covariance" | "correlation" | "slope" | "intercept"): AggregateCase =>
  aggregateCase(name, call(name, y, float64, { others: [x] }), floats, wholes);

/** Every aggregate over each kind of argument that it treats differently. */
export const aggregateCases: readonly AggregateCase[] = [
  aggregateCase("count of rows", call("count", undefined, int64)),
  aggregateCase("count", call("count", x, int64), floats),
  aggregateCase("count of different", call("count", s, int64, distinct), texts),
  aggregateCase("sum of floats", call("sum", x, float64), specials),
  aggregateCase("sum of different floats", call("sum", x, float64, distinct), floats),
  aggregateCase("sum of integers", call("sum", n, int64), wholes),
  aggregateCase("sum of bigints", call("sum", column("b", bigint), bigint), fc.bigInt(-9n, 9n)),
  aggregateCase("sum of decimals", call("sum", column("d", decimal), decimal), cents),
  aggregateCase("exact sum", call("sum", x, float64, { settings: { exact: true } }), specials),
  aggregateCase("mean", call("mean", x, float64), specials),
  aggregateCase("mean of different", call("mean", n, float64, distinct), wholes),
  aggregateCase("min of numbers", call("min", x, float64), specials),
  aggregateCase("max of numbers", call("max", n, int32), wholes),
  aggregateCase("max of different", call("max", n, int32, distinct), wholes),
  aggregateCase("min of texts", call("min", s, utf8), texts),
  aggregateCase("max of texts", call("max", s, utf8), texts),
  aggregateCase("variance", call("variance", x, float64), floats),
  aggregateCase("stddev", call("stddev", n, float64), wholes),
  aggregateCase("first", call("first", s, utf8), texts),
  aggregateCase("last", call("last", x, float64), floats),
  aggregateCase("quantile", call("quantile", x, float64, { q: 0.9 }), floats),
  aggregateCase(
    "quantile of different",
    call("quantile", n, float64, { q: 0.5, ...distinct }),
    wholes,
  ),
  aggregateCase(
    "exact quantile",
    call("quantile", x, float64, { q: 0.3, settings: { exact: true } }),
    specials,
  ),
  aggregateCase(
    "exact median of different",
    call("quantile", n, float64, { q: 0.5, settings: { exact: true }, ...distinct }),
    wholes,
  ),
  aggregateCase("approxDistinct", call("approxDistinct", s, int64), texts),
  aggregateCase("argMin", call("argMin", s, utf8, { others: [n] }), texts, wholes),
  aggregateCase("argMax", call("argMax", n, int32, { others: [x] }), wholes, specials),
  aggregateCase("argMax by text", call("argMax", x, float64, { others: [s] }), floats, texts),
  aggregateCase("skewness", call("skewness", n, float64), wholes),
  aggregateCase("kurtosis", call("kurtosis", n, float64), wholes),
  aggregateCase("kurtosis of different", call("kurtosis", n, float64, distinct), wholes),
  pairOf("covariance"),
  pairOf("correlation"),
  pairOf("slope"),
  pairOf("intercept"),
  aggregateCase("mode", call("mode", s, utf8), texts),
  aggregateCase("topK", call("topK", s, counted(utf8), { settings: { k: 2 } }), texts),
  aggregateCase(
    "approxTopK",
    call("approxTopK", s, counted(utf8), { settings: { k: 2, capacity: 10 } }),
    texts,
  ),
  aggregateCase(
    "histogram by edges",
    call("histogram", x, bins, { settings: { edges: [-1, 0, 1.5] } }),
    specials,
  ),
  aggregateCase(
    "histogram by width",
    call("histogram", n, bins, { settings: { width: 2 } }),
    wholes,
  ),
  aggregateCase(
    "collectList",
    call("collectList", s, listOf(utf8), { settings: { limit: 3 } }),
    texts,
  ),
  aggregateCase(
    "collectSet",
    call("collectSet", n, listOf(int32), { settings: { limit: 3 } }),
    wholes,
  ),
  aggregateCase(
    "collectMap",
    call("collectMap", s, map, { others: [n], settings: { limit: 3 } }),
    texts,
    wholes,
  ),
  aggregateCase("any", call("any", flag, boolean), truths),
  aggregateCase("all", call("all", flag, boolean), truths),
  aggregateCase(
    "decayingMean",
    call("decayingMean", x, float64, { settings: { halfLifeMs: 300 } }),
    floats,
  ),
];

/** Rows of up to three groups; times are different where the order matters. */
export function rowsOf(
  { call: aggregate, values }: AggregateCase,
  maxLength = 30,
): fc.Arbitrary<readonly Change[]> {
  const isOrdered = orderedAggregates.has(aggregate.function);
  return fc
    .array(fc.record({ group: fc.nat({ max: 2 }), values }), { maxLength })
    .map((all) =>
      all.map((row, i) => ({ ...row, time: isOrdered ? (i * 7919) % 1009 : 0, weight: 1 })),
    );
}
