import type { AggregateCall } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AccumulatorPlan, planAccumulator } from "../../src/aggregate/create-accumulator.ts";
import type { Accumulator } from "../../src/aggregate/accumulator.ts";
import { call, column, float64, int64, utf8 } from "../fixtures.ts";
import {
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

function feed(
  accumulator: Accumulator,
  plan: AccumulatorPlan,
  aggregate: AggregateCall,
  rows: readonly Change[],
): void {
  accumulator.ensure(3);
  accumulator.add(inputOf(plan, aggregate, rows));
}

const x = column("x", float64);

// What `distinct` does outside of updating streams is in the distinct set; its laws are the
// windows'.
const plainCases = aggregateCases.filter((aggregate) => !aggregate.call.distinct);

describe.each(plainCases)("$name", (aggregate) => {
  const plan = planAccumulator(aggregate.call, overflow);
  const { type } = aggregate.call;
  const rows = rowsOf(aggregate);

  test("is what a naive model gives", () => {
    const isSketch =
      aggregate.call.function === "quantile" && aggregate.call.settings === undefined;
    const law = fc.property(rows, (all) => {
      const accumulator = plan.create();
      feed(accumulator, plan, aggregate.call, all);
      for (const [group, result] of resultsOf(accumulator, type).entries()) {
        const expected = naiveAggregate(
          aggregate.call,
          all.filter((row) => row.group === group),
        );
        if (!isSketch) expectClose(result, expected);
        else expect(result === null).toBe(expected === null);
      }
    });
    fc.assert(law, { seed: 4, numRuns: 40 });
  });

  test("merges as if all rows had been added to one", () => {
    const law = fc.property(rows, fc.nat({ max: 30 }), (all, cut) => {
      const whole = plan.create();
      feed(whole, plan, aggregate.call, all);
      const left = plan.create();
      feed(left, plan, aggregate.call, all.slice(0, cut));
      const right = plan.create();
      feed(right, plan, aggregate.call, all.slice(cut));
      left.merge(right, groups, 3);
      expectClose(resultsOf(left, type), resultsOf(whole, type));
    });
    fc.assert(law, { seed: 1, numRuns: 40 });
  });

  test("leaves out of a merge the groups that go to −1", () => {
    const law = fc.property(rows, (all) => {
      const some = plan.create();
      const kept = all.filter((row) => row.group !== 1);
      feed(some, plan, aggregate.call, kept);
      const every = plan.create();
      feed(every, plan, aggregate.call, all);
      const merged = plan.create();
      feed(merged, plan, aggregate.call, []);
      merged.merge(every, Int32Array.of(0, -1, 2), 3);
      expectClose(resultsOf(merged, type), resultsOf(some, type));
    });
    fc.assert(law, { seed: 5, numRuns: 20 });
  });

  test("does not depend on the order of rows", () => {
    const law = fc.property(rows, (all) => {
      const forward = plan.create();
      feed(forward, plan, aggregate.call, all);
      const backward = plan.create();
      feed(backward, plan, aggregate.call, all.toReversed());
      expectClose(resultsOf(backward, type), resultsOf(forward, type));
    });
    fc.assert(law, { seed: 2, numRuns: 40 });
  });

  test("comes back from its saved state", () => {
    const law = fc.property(rows, (all) => {
      const before = plan.create();
      feed(before, plan, aggregate.call, all);
      const after = plan.create();
      copyState(before, after);
      expect(resultsOf(after, type)).toEqual(resultsOf(before, type));
    });
    fc.assert(law, { seed: 3, numRuns: 40 });
  });

  test("counts a row as often as its weight says", () => {
    const law = fc.property(rows, (all) => {
      const weighted = plan.create();
      feed(
        weighted,
        plan,
        aggregate.call,
        all.map((row) => ({ ...row, weight: 2 })),
      );
      const twice = plan.create();
      feed(twice, plan, aggregate.call, [...all, ...all]);
      expectClose(resultsOf(weighted, type), resultsOf(twice, type));
    });
    const isOfRows = aggregate.call.function !== "first" && aggregate.call.function !== "last";
    if (isOfRows) fc.assert(law, { seed: 6, numRuns: 20 });
  });
});

describe("aggregates of no values", () => {
  test.each(plainCases)("$name", ({ call: aggregate }) => {
    const isCount = aggregate.function === "count" || aggregate.function === "approxDistinct";
    const accumulator = planAccumulator(aggregate, overflow).create();
    expect(resultsOf(accumulator, aggregate.type)[0]).toBe(isCount ? 0 : null);
  });
});

describe("single values", () => {
  const one = (aggregate: AggregateCall, values: unknown[]): unknown => {
    const plan = planAccumulator(aggregate, overflow);
    const accumulator = plan.create();
    const rows = values.map((value, time) => ({ group: 0, values: [value], time, weight: 1 }));
    feed(accumulator, plan, aggregate, rows);
    return resultsOf(accumulator, aggregate.type)[0];
  };

  test("a float sum keeps small values beside a large one", () => {
    expect(one(call("sum", x, float64), [1e16, 1, 1, -1e16])).toBe(2);
  });

  test("an infinite value makes a float sum infinite", () => {
    expect(one(call("sum", x, float64), [1, Infinity, 2])).toBe(Infinity);
  });

  test("an integer sum that leaves the exact range is refused", () => {
    const values = [Number.MAX_SAFE_INTEGER, 1];
    expect(() => one(call("sum", column("i", int64), int64), values)).toThrow("overflow");
  });

  test("max ignores NaN unless all values are NaN", () => {
    expect(one(call("max", x, float64), [Number.NaN, 3, Number.NaN])).toBe(3);
    expect(one(call("max", x, float64), [Number.NaN])).toBeNaN();
  });

  test("variance of one value is null", () => {
    expect(one(call("variance", x, float64), [3])).toBeNull();
    expect(one(call("variance", x, float64), [1, 3])).toBe(2);
  });

  test("a quantile is within one per cent", () => {
    const values = Array.from({ length: 1000 }, (_, i) => i + 1);
    const median = one(call("quantile", x, float64, { q: 0.5 }), values) as number;
    expect(Math.abs(median - 500)).toBeLessThanOrEqual(5.01);
  });

  test("an exact sum has the same bits in any order", () => {
    const aggregate = call("sum", x, float64, { settings: { exact: true } });
    const tiny = Number.MIN_VALUE;
    const values = [1e308, 1e308, tiny, -1e308, 0.1, -1e308, 1e-310, 3, tiny, -0.1];
    // 3 + 1e-310 + 2 · 2^-1074, and 0.1 − 0.1: the small ones are lost in the rounding alone.
    expect(one(aggregate, values)).toBe(3);
    expect(one(aggregate, values.toReversed())).toBe(3);
    expect(one(aggregate, [0.1, 0.2, 0.3, -0.6])).toBe(2.7755575615628914e-17);
    expect(one(aggregate, [1e-310, tiny, -1e-310])).toBe(tiny);
    expect(one(aggregate, [1e308, 1e308])).toBe(Infinity);
  });

  test("an exact sum rounds a tie to even, and away from it by any rest", () => {
    const aggregate = call("sum", x, float64, { settings: { exact: true } });
    const half = 2 ** -53;
    expect(one(aggregate, [1, half])).toBe(1);
    expect(one(aggregate, [1, half, Number.MIN_VALUE])).toBe(1 + 2 ** -52);
    expect(one(aggregate, [-1, -half, -Number.MIN_VALUE])).toBe(-1 - 2 ** -52);
  });

  test("an exact sum goes on over more additions than a limb holds", () => {
    const aggregate = call("sum", x, float64, { settings: { exact: true } });
    const plan = planAccumulator(aggregate, overflow);
    const accumulator = plan.create();
    const rows = Array.from({ length: 1000 }, () => ({
      group: 0,
      values: [-0.1],
      time: 0,
      weight: 1_500,
    }));
    feed(accumulator, plan, aggregate, rows);
    // A running sum in float64 would be off by 1e-4 or so.
    expect(resultsOf(accumulator, float64)[0]).toBe(-150_000);
  });

  test.each([
    ["variance", [4, 7, 13, 16], 30],
    ["skewness", [1, 2, 3, 10], 1.763632614803888],
    ["kurtosis", [1, 2, 3, 10], 3.2279999999999998],
  ] as const)("%s keeps its digits beside a large mean", (name, small, expected) => {
    const shifted = small.map((value) => value + 1e9);
    expect(one(call(name, x, float64), shifted) as number).toBeCloseTo(expected, 6);
  });

  test("covariance and slope keep their digits beside large means", () => {
    const aggregate = call("slope", x, float64, { others: [column("y", float64)] });
    const plan = planAccumulator(aggregate, overflow);
    const accumulator = plan.create();
    const rows = [0, 1, 2, 3].map((i) => ({
      group: 0,
      values: [1e9 + 2 * i, 1e9 + i],
      time: 0,
      weight: 1,
    }));
    feed(accumulator, plan, aggregate, rows);
    expect(resultsOf(accumulator, float64)[0]).toBe(2);
  });

  test("approxTopK keeps what is frequent, within its bound", () => {
    const settings = { k: 3, capacity: 20 };
    const aggregate = call("approxTopK", column("i", int64), int64, { settings });
    const fields = [
      { name: "value", type: int64 },
      { name: "count", type: int64 },
    ];
    const row = { kind: "row", fields, nullable: false } as const;
    const typed = { ...aggregate, type: { kind: "list", item: row, nullable: true } as const };
    // Every third row is 7, 8 or 9; the others never come back.
    const values = Array.from({ length: 9_000 }, (_, i) =>
      i % 3 === 0 ? 7 + (i % 9) / 3 : 100 + i,
    );
    const found = one(typed, values) as { value: number; count: number }[];
    expect(found.map(({ value }) => value).toSorted()).toEqual([7, 8, 9]);
    for (const { count } of found) {
      expect(count).toBeLessThanOrEqual(1_000);
      expect(count).toBeGreaterThanOrEqual(1_000 - 9_000 / 21);
    }
  });

  test("a quantile by KLL is within its bound on ranks", () => {
    const aggregate = call("quantile", x, float64, {
      q: 0.9,
      settings: { sketch: "kll", seed: 1 },
    });
    const values = Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 20_000);
    const rank = one(aggregate, values) as number;
    expect(Math.abs(rank / 20_000 - 0.9)).toBeLessThan(0.017);
    expect(one(aggregate, values)).toBe(rank);
  });

  test.each([
    ["in order", (i: number) => i],
    ["in reverse", (i: number) => 5_000 - i],
    ["at random", (i: number) => (i * 7919) % 5_003],
  ])("collections of rows that come %s hold little more than twice their limit", (_, timeOf) => {
    const list = { kind: "list", item: float64, nullable: true } as const;
    const settings = { limit: 5 };
    const calls = [
      call("collectList", x, list, { settings }),
      call("collectSet", x, list, { settings }),
    ];
    for (const limited of calls) {
      const plan = planAccumulator(limited, overflow);
      const accumulator = plan.create();
      const rows = Array.from({ length: 5_000 }, (__, i) => ({
        group: i % 2,
        values: [timeOf(i)],
        time: timeOf(i),
        weight: 1,
      }));
      feed(accumulator, plan, limited, rows);
      const expected = naiveAggregate(
        limited,
        rows.filter((row) => row.group === 0),
      );
      expect(resultsOf(accumulator, limited.type)[0]).toEqual(expected);
      expect(accumulator.valueCounts?.presentOf(0)).toBeLessThan(74);
    }
  });

  test("collectMap takes greater keys as long as it has room", () => {
    const map = { kind: "map", value: int64, nullable: true } as const;
    const aggregate = call("collectMap", column("s", utf8), map, {
      others: [column("i", int64)],
      settings: { limit: 3 },
    });
    const plan = planAccumulator(aggregate, overflow);
    const accumulator = plan.create();
    const keys = ["a", "b", "c", "d"];
    const rows = Array.from({ length: 3_000 }, (_, i) => ({
      group: 0,
      values: [keys[i < 2_000 ? i % 2 : i % 4], i],
      time: i,
      weight: 1,
    }));
    feed(accumulator, plan, aggregate, rows);
    expect(resultsOf(accumulator, map)[0]).toEqual({ a: 2_996, b: 2_997, c: 2_998 });
  });
});
