import { allowsDistinct } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Accumulator } from "../../src/aggregate/accumulator.ts";
import { planAccumulator } from "../../src/aggregate/create-accumulator.ts";
import { call, column, float64, int32 } from "../fixtures.ts";
import {
  type AggregateCase,
  aggregateCases,
  type Change,
  copyState,
  expectClose,
  inputOf,
  overflow,
  resultsOf,
  rowsOf,
} from "./aggregate-fixtures.ts";
import { naiveAggregate } from "./naive-aggregates.ts";

const groups = Int32Array.of(0, 1, 2);

/**
 * Rows that stay, and rows that come and go, shuffled: some are taken back before they are added.
 */
function changesOf(aggregate: AggregateCase): fc.Arbitrary<{
  readonly changes: readonly Change[];
  readonly staying: readonly Change[];
}> {
  return fc
    .tuple(rowsOf(aggregate, 24), fc.nat({ max: 24 }), fc.infiniteStream(fc.nat()))
    .map(([rows, cut, ranks]) => {
      const staying = rows.slice(0, cut);
      const leaving = rows.slice(cut);
      const changes = [...rows, ...leaving.map((row): Change => ({ ...row, weight: -1 }))]
        .map((change) => ({ change, rank: ranks.next().value as number }))
        .toSorted((left, right) => left.rank - right.rank)
        .map(({ change }) => change);
      return { changes, staying };
    });
}

describe.each(aggregateCases)("$name over rows that are taken back", (aggregate) => {
  const plan = planAccumulator(aggregate.call, overflow, { retracts: true });

  /** Adds the changes in batches, and reads the results in between. */
  const feed = (accumulator: Accumulator, changes: readonly Change[], size: number): void => {
    accumulator.ensure(3);
    for (let from = 0; from < changes.length; from += size) {
      accumulator.add(inputOf(plan, aggregate.call, changes.slice(from, from + size)));
      accumulator.result(groups, 3);
    }
  };
  const expectStaying = (accumulator: Accumulator, staying: readonly Change[]): void => {
    const results = resultsOf(accumulator, aggregate.call.type);
    const isSketch =
      aggregate.call.function === "quantile" && aggregate.call.settings === undefined;
    if (isSketch) {
      const fresh = plan.create();
      feed(fresh, staying, 100);
      expect(results).toEqual(resultsOf(fresh, aggregate.call.type));
      return;
    }
    for (const [group, result] of results.entries()) {
      const rows = staying.filter((row) => row.group === group);
      expectClose(result, naiveAggregate(aggregate.call, rows));
    }
  };

  test("is that of the rows that stay", () => {
    const law = fc.property(
      changesOf(aggregate),
      fc.integer({ min: 1, max: 9 }),
      ({ changes, staying }, size) => {
        const accumulator = plan.create();
        feed(accumulator, changes, size);
        expectStaying(accumulator, staying);
      },
    );
    fc.assert(law, { seed: 1, numRuns: 40 });
  });

  test("merges as if all rows had been added to one", () => {
    const law = fc.property(
      changesOf(aggregate),
      fc.nat({ max: 30 }),
      ({ changes, staying }, cut) => {
        const left = plan.create();
        feed(left, changes.slice(0, cut), 5);
        const right = plan.create();
        feed(right, changes.slice(cut), 5);
        left.merge(right, groups, 3);
        expectStaying(left, staying);
      },
    );
    fc.assert(law, { seed: 2, numRuns: 30 });
  });

  test("goes on from its saved state", () => {
    const law = fc.property(
      changesOf(aggregate),
      fc.nat({ max: 30 }),
      ({ changes, staying }, cut) => {
        const before = plan.create();
        feed(before, changes.slice(0, cut), 4);
        const after = plan.create();
        copyState(before, after);
        feed(after, changes.slice(cut), 4);
        expectStaying(after, staying);
      },
    );
    fc.assert(law, { seed: 3, numRuns: 30 });
  });
});

test("every aggregate is held by these laws, distinct ones where that means something", () => {
  const held = new Set(aggregateCases.map(({ call: { function: name } }) => name));
  expect(held.size).toBe(29);
  expect(aggregateCases.filter((c) => c.call.distinct && !allowsDistinct(c.call.function))).toEqual(
    [],
  );
});

describe("what is kept of values", () => {
  const x = column("x", float64);
  const n = column("n", int32);
  const row = (value: number, weight: number): Change => ({
    group: 0,
    values: [value],
    time: 0,
    weight,
  });

  test("a variance of large values with a small spread comes back to its digits", () => {
    const aggregate = call("variance", x, float64);
    const plan = planAccumulator(aggregate, overflow, { retracts: true });
    const accumulator = plan.create();
    accumulator.ensure(3);
    const stay = [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16];
    accumulator.add(
      inputOf(
        plan,
        aggregate,
        [...stay, 1e12, -7e11].map((v) => row(v, 1)),
      ),
    );
    accumulator.add(
      inputOf(
        plan,
        aggregate,
        [1e12, -7e11].map((v) => row(v, -1)),
      ),
    );
    expect(resultsOf(accumulator, float64)[0]).toBeCloseTo(30, 9);
  });

  test("values that are gone are forgotten once they are the greater part", () => {
    const aggregate = call("min", n, int32);
    const plan = planAccumulator(aggregate, overflow, { retracts: true });
    const accumulator = plan.create();
    accumulator.ensure(3);
    for (let value = 0; value < 1000; value += 1) {
      accumulator.add(inputOf(plan, aggregate, [row(value, 1)]));
      accumulator.add(inputOf(plan, aggregate, [row(value - 1, -1)]));
      accumulator.valueCounts?.takeChanged();
    }
    expect(resultsOf(accumulator, int32)[0]).toBe(999);
    expect(accumulator.valueCounts?.size).toBeLessThan(200);
  });

  test("a group with too many different values is refused", () => {
    const aggregate = call("min", n, int32);
    const options = { retracts: true, operatorId: "prices", valuesPerGroupMax: 10 };
    const plan = planAccumulator(aggregate, overflow, options);
    const accumulator = plan.create();
    accumulator.ensure(3);
    const rows = Array.from({ length: 11 }, (_, i) => row(i, 1));
    expect(() => accumulator.add(inputOf(plan, aggregate, rows))).toThrow(
      expect.objectContaining({
        code: "RUN_STATE_TOO_LARGE",
        params: { operatorId: "prices", limit: "10 different values in one group" },
      }),
    );
  });
});
