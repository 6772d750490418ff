import { columnBuilder, hashColumns, valueReader } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import type { Data } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Accumulator, AggregateRows } from "../../src/aggregate/accumulator.ts";
import { planAccumulator } from "../../src/aggregate/create-accumulator.ts";
import { EventOrder } from "../../src/aggregate/event-order.ts";
import { readNumbers } from "../../src/aggregate/read-numbers.ts";
import { batchOf, call, column, float64, int32, int64, timeField, utf8 } from "../fixtures.ts";

const overflow = (): never => {
  throw new Error("overflow");
};

interface Row {
  readonly group: number;
  readonly value: unknown;
  readonly time: number;
}

function feed(accumulator: Accumulator, plan: { form: string }, type: DataType, rows: Row[]): void {
  const builder = columnBuilder(type, rows.length);
  for (const { value } of rows) builder.append(value);
  const data = builder.finish();
  const order = new EventOrder();
  order.reset(
    batchOf(
      [timeField],
      rows.map(({ time }) => ({ $time: time })),
    ),
  );
  const input: AggregateRows = {
    data,
    values: plan.form === "number" ? readNumbers(data) : new Float64Array(0),
    others: [],
    hashes: plan.form === "hash" ? hashColumns([data], rows.length) : new Uint32Array(0),
    rows: Int32Array.from(rows.keys()),
    groups: Int32Array.from(rows, ({ group }) => group),
    count: rows.length,
    weights: undefined,
    order,
  };
  accumulator.ensure(3);
  accumulator.add(input);
}

function resultsOf(accumulator: Accumulator, type: DataType): unknown[] {
  accumulator.ensure(3);
  const data: Data = accumulator.result(Int32Array.of(0, 1, 2), 3);
  const read = valueReader({ ...type, nullable: true });
  return [0, 1, 2].map((row) => read(data, row));
}

function expectClose(actual: unknown[], expected: unknown[]): void {
  for (const [i, value] of actual.entries()) {
    const other = expected[i];
    if (typeof value === "number" && typeof other === "number" && Number.isFinite(other)) {
      const scale = Math.max(1, Math.abs(value), Math.abs(other));
      expect(Math.abs(value - other) / scale).toBeLessThan(1e-9);
    } else {
      expect(value).toEqual(other);
    }
  }
}

const x = column("x", float64);
const n = column("n", int32);
const s = column("s", utf8);
const big: DataType = { kind: "int64", as: "bigint", nullable: true };
const floats = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const wholes = fc.integer({ min: -1000, max: 1000 });
const texts = fc.string({ maxLength: 3, unit: "grapheme" });

const cases: [string, AggregateCall, DataType, fc.Arbitrary<unknown>][] = [
  ["count", call("count", x, int64), float64, floats],
  ["sum of floats", call("sum", x, float64), float64, floats],
  ["sum of integers", call("sum", n, int64), int32, wholes],
  ["sum of bigints", call("sum", column("b", big), big), big, fc.bigInt(-1000n, 1000n)],
  ["mean", call("mean", x, float64), float64, floats],
  ["min of numbers", call("min", x, float64), float64, fc.oneof(floats, fc.constant(Number.NaN))],
  ["max of numbers", call("max", n, int32), int32, wholes],
  ["min of texts", call("min", s, utf8), utf8, texts],
  ["max of texts", call("max", s, utf8), utf8, texts],
  [
    "variance",
    call("variance", x, float64),
    float64,
    fc.double({ min: -100, max: 100, noNaN: true }),
  ],
  ["stddev", call("stddev", n, float64), int32, wholes],
  ["first", call("first", s, utf8), utf8, texts],
  ["last", call("last", x, float64), float64, floats],
  ["quantile", call("quantile", x, float64, { q: 0.9 }), float64, floats],
  ["approxDistinct", call("approxDistinct", s, int64), utf8, texts],
];

describe.each(cases)("%s", (_, aggregate, type, values) => {
  const plan = planAccumulator(aggregate, overflow);
  // Times are different, so that first and last are well defined.
  const rows = fc
    .array(fc.record({ group: fc.nat({ max: 2 }), value: values }), { maxLength: 30 })
    .map((all) => all.map((row, i): Row => ({ ...row, time: (i * 7919) % 1009 })));

  test("merges as if all rows had been added to one", () => {
    const law = fc.property(rows, fc.nat({ max: 30 }), (all, cut) => {
      const whole = plan.create();
      feed(whole, plan, type, all);
      const left = plan.create();
      feed(left, plan, type, all.slice(0, cut));
      const right = plan.create();
      feed(right, plan, type, all.slice(cut));
      left.merge(right, Int32Array.of(0, 1, 2), 3);
      expectClose(resultsOf(left, aggregate.type), resultsOf(whole, aggregate.type));
    });
    fc.assert(law, { seed: 1, numRuns: 40 });
  });

  test("leaves out of a merge the groups that go to −1", () => {
    const law = fc.property(rows, (all) => {
      const some = plan.create();
      feed(
        some,
        plan,
        type,
        all.filter((row) => row.group !== 1),
      );
      const every = plan.create();
      feed(every, plan, type, all);
      const merged = plan.create();
      feed(merged, plan, type, []);
      merged.merge(every, Int32Array.of(0, -1, 2), 3);
      expectClose(resultsOf(merged, aggregate.type), resultsOf(some, aggregate.type));
    });
    fc.assert(law, { seed: 5, numRuns: 20 });
  });

  test("does not depend on the order of rows", () => {
    const law = fc.property(rows, (all) => {
      const forward = plan.create();
      feed(forward, plan, type, all);
      const backward = plan.create();
      feed(backward, plan, type, all.toReversed());
      expectClose(resultsOf(backward, aggregate.type), resultsOf(forward, aggregate.type));
    });
    fc.assert(law, { seed: 2, numRuns: 40 });
  });

  test("comes back from its state columns", () => {
    const law = fc.property(rows, (all) => {
      const before = plan.create();
      feed(before, plan, type, all);
      const after = plan.create();
      after.ensure(3);
      const groups = Int32Array.of(2, 0, 1);
      after.restore(before.stateColumns(groups, 3), groups, 3);
      for (const entry of before.cells?.entries() ?? []) {
        const { cells } = before;
        if (cells === undefined) continue;
        after.cells?.restore(cells.groupOf(entry), cells.cellOf(entry), cells.valueOf(entry));
      }
      expect(resultsOf(after, aggregate.type)).toEqual(resultsOf(before, aggregate.type));
    });
    fc.assert(law, { seed: 3, numRuns: 40 });
  });
});

describe("aggregates of no values", () => {
  test.each(cases)("%s", (_, aggregate) => {
    const empty = aggregate.function === "count" || aggregate.function === "approxDistinct";
    const accumulator = planAccumulator(aggregate, overflow).create();
    expect(resultsOf(accumulator, aggregate.type)[0]).toBe(empty ? 0 : null);
  });
});

describe("single values", () => {
  const one = (aggregate: AggregateCall, type: DataType, values: unknown[]): unknown => {
    const plan = planAccumulator(aggregate, overflow);
    const accumulator = plan.create();
    feed(
      accumulator,
      plan,
      type,
      values.map((value, time) => ({ group: 0, value, time })),
    );
    return resultsOf(accumulator, aggregate.type)[0];
  };

  test("a float sum keeps small values beside a large one", () => {
    expect(one(call("sum", x, float64), float64, [1e16, 1, 1, -1e16])).toBe(2);
  });

  test("an infinite value makes a float sum infinite", () => {
    expect(one(call("sum", x, float64), float64, [1, Infinity, 2])).toBe(Infinity);
  });

  test("an integer sum that leaves the exact range is refused", () => {
    const values = [Number.MAX_SAFE_INTEGER, 1];
    expect(() => one(call("sum", column("i", int64), int64), int64, values)).toThrow("overflow");
  });

  test("max ignores NaN unless all values are NaN", () => {
    expect(one(call("max", x, float64), float64, [Number.NaN, 3, Number.NaN])).toBe(3);
    expect(one(call("max", x, float64), float64, [Number.NaN])).toBeNaN();
  });

  test("variance of one value is null", () => {
    expect(one(call("variance", x, float64), float64, [3])).toBeNull();
    expect(one(call("variance", x, float64), float64, [1, 3])).toBe(2);
  });

  test("a quantile is within one per cent", () => {
    const values = Array.from({ length: 1000 }, (_, i) => i + 1);
    const median = one(call("quantile", x, float64, { q: 0.5 }), float64, values) as number;
    expect(Math.abs(median - 500)).toBeLessThanOrEqual(5.01);
  });
});
