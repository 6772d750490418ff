import { columnBuilder, hashColumns, valueReader } from "@millrace/columnar";
import { type DataType, Decimal } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Accumulator, AggregateRows } from "../../src/aggregate/accumulator.ts";
import { type AccumulatorPlan, planAccumulator } from "../../src/aggregate/create-accumulator.ts";
import { DistinctSet } from "../../src/aggregate/distinct-set.ts";
import { EventOrder } from "../../src/aggregate/event-order.ts";
import { readNumbers } from "../../src/aggregate/read-numbers.ts";
import { batchOf, call, column, float64, int32, int64, timeField, utf8 } from "../fixtures.ts";

const overflow = (): never => {
  throw new Error("overflow");
};

/** A row that is added, or taken back. */
interface Change {
  readonly group: number;
  readonly value: unknown;
  readonly time: number;
  readonly weight: number;
}

function inputOf(plan: AccumulatorPlan, type: DataType, rows: readonly Change[]): AggregateRows {
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
  return {
    data,
    values: plan.form === "number" ? readNumbers(data) : new Float64Array(0),
    others: [],
    hashes: hashColumns([data], rows.length),
    rows: Int32Array.from(rows.keys()),
    groups: Int32Array.from(rows, ({ group }) => group),
    count: rows.length,
    weights: rows.every(({ weight }) => weight === 1)
      ? undefined
      : Int32Array.from(rows, ({ weight }) => weight),
    order,
  };
}

const groups = Int32Array.of(0, 1, 2);

function resultsOf(accumulator: Accumulator, type: DataType): unknown[] {
  const data = accumulator.result(groups, 3);
  const read = valueReader({ ...type, nullable: true });
  return [0, 1, 2].map((row) => read(data, row));
}

/** What the accumulators for streams that only add give for rows that stay. */
function plainResult(aggregate: AggregateCall, type: DataType, rows: readonly Change[]): unknown[] {
  const plan = planAccumulator(aggregate, overflow);
  const accumulator = plan.create();
  accumulator.ensure(3);
  const input = inputOf(plan, type, rows);
  if (aggregate.distinct) new DistinctSet(type).keepNew(input);
  accumulator.add(input);
  return resultsOf(accumulator, aggregate.type);
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
const decimal: DataType = { kind: "decimal", precision: 12, scale: 2, nullable: true };
const floats = fc.oneof(
  fc.integer({ min: -4, max: 4 }).map((value) => value / 2),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
);
const specials = fc.oneof(floats, fc.constantFrom(Number.NaN, Infinity, -Infinity));
const wholes = fc.integer({ min: -5, max: 5 });
const texts = fc.constantFrom("", "a", "b", "é", "long text");
const cents = fc.integer({ min: -500, max: 500 }).map((value) => new Decimal(BigInt(value), 2));
const distinct = { distinct: true };

const cases: [string, AggregateCall, DataType, fc.Arbitrary<unknown>][] = [
  ["count", call("count", x, int64), float64, floats],
  ["count of different", call("count", s, int64, distinct), utf8, texts],
  ["sum of floats", call("sum", x, float64), float64, specials],
  ["sum of different floats", call("sum", x, float64, distinct), float64, floats],
  ["sum of integers", call("sum", n, int64), int32, wholes],
  ["sum of bigints", call("sum", column("b", big), big), big, fc.bigInt(-9n, 9n)],
  ["sum of decimals", call("sum", column("d", decimal), decimal), decimal, cents],
  ["mean", call("mean", x, float64), float64, specials],
  ["mean of different", call("mean", n, float64, distinct), int32, wholes],
  ["min of numbers", call("min", x, float64), float64, specials],
  ["max of numbers", call("max", n, int32), int32, wholes],
  ["max of different", call("max", n, int32, distinct), int32, wholes],
  ["min of texts", call("min", s, utf8), utf8, texts],
  ["max of texts", call("max", s, utf8), utf8, texts],
  ["variance", call("variance", x, float64), float64, floats],
  ["stddev", call("stddev", n, float64), int32, wholes],
  ["first", call("first", s, utf8), utf8, texts],
  ["last", call("last", x, float64), float64, floats],
  ["quantile", call("quantile", x, float64, { q: 0.9 }), float64, floats],
  ["quantile of different", call("quantile", n, float64, { q: 0.5, ...distinct }), int32, wholes],
];

/**
 * Rows that stay, and rows that come and go, shuffled: some are taken back before they are added.
 */
function changesOf(values: fc.Arbitrary<unknown>): fc.Arbitrary<{
  readonly changes: readonly Change[];
  readonly staying: readonly Change[];
}> {
  const row = fc.record({ group: fc.nat({ max: 2 }), value: values });
  return fc
    .tuple(
      fc.array(row, { maxLength: 12 }),
      fc.array(row, { maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
    )
    .map(([stay, leave, ranks]) => {
      // Times are different, so that first and last are well defined.
      const timed = [...stay, ...leave].map((r, i) => ({ ...r, time: (i * 7919) % 1009 }));
      const staying = timed.slice(0, stay.length).map((r): Change => ({ ...r, weight: 1 }));
      const leaving = timed.slice(stay.length);
      const changes = [
        ...staying,
        ...leaving.map((r): Change => ({ ...r, weight: 1 })),
        ...leaving.map((r): Change => ({ ...r, weight: -1 })),
      ]
        .map((change) => ({ change, rank: ranks.next().value as number }))
        .toSorted((left, right) => left.rank - right.rank)
        .map(({ change }) => change);
      return { changes, staying };
    });
}

describe.each(cases)("%s over rows that are taken back", (_, aggregate, type, values) => {
  const plan = planAccumulator(aggregate, overflow, { retracts: true });

  /** Adds the changes in batches, and reads the results in between. */
  const feed = (accumulator: Accumulator, changes: readonly Change[], size: number): void => {
    accumulator.ensure(3);
    for (let from = 0; from < changes.length; from += size) {
      accumulator.add(inputOf(plan, type, changes.slice(from, from + size)));
      accumulator.result(groups, 3);
    }
  };

  test("is that of the rows that stay", () => {
    const law = fc.property(
      changesOf(values),
      fc.integer({ min: 1, max: 9 }),
      ({ changes, staying }, size) => {
        const accumulator = plan.create();
        feed(accumulator, changes, size);
        expectClose(resultsOf(accumulator, aggregate.type), plainResult(aggregate, type, staying));
      },
    );
    fc.assert(law, { seed: 1, numRuns: 60 });
  });

  test("merges as if all rows had been added to one", () => {
    const law = fc.property(changesOf(values), fc.nat({ max: 30 }), ({ changes, staying }, cut) => {
      const left = plan.create();
      feed(left, changes.slice(0, cut), 5);
      const right = plan.create();
      feed(right, changes.slice(cut), 5);
      left.merge(right, groups, 3);
      expectClose(resultsOf(left, aggregate.type), plainResult(aggregate, type, staying));
    });
    fc.assert(law, { seed: 2, numRuns: 40 });
  });

  test("goes on from its saved state", () => {
    const law = fc.property(changesOf(values), fc.nat({ max: 30 }), ({ changes, staying }, cut) => {
      const before = plan.create();
      feed(before, changes.slice(0, cut), 4);
      const after = plan.create();
      after.ensure(3);
      after.restore(before.stateColumns(groups, 3), groups, 3);
      for (const entry of before.cells?.entries() ?? []) {
        const { cells } = before;
        if (cells === undefined) continue;
        after.cells?.restore(cells.groupOf(entry), cells.cellOf(entry), cells.valueOf(entry));
      }
      const counts = before.valueCounts;
      if (counts !== undefined) {
        const all = counts.all();
        after.valueCounts?.restore(
          counts.columns(all, all.length),
          all.map((entry) => counts.countOf(entry)),
          all.map((entry) => counts.groupOf(entry)),
          all.length,
        );
      }
      feed(after, changes.slice(cut), 4);
      expectClose(resultsOf(after, aggregate.type), plainResult(aggregate, type, staying));
    });
    fc.assert(law, { seed: 3, numRuns: 40 });
  });
});
