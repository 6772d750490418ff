import { seededRandom } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { median, medianInterval } from "../statistics/bootstrap.ts";
import { costLine } from "../statistics/slope.ts";

const values = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), {
  minLength: 3,
  maxLength: 9,
});

describe("the line through two runs", () => {
  test("a start that both pay falls out of the slope", () => {
    const line = costLine({ bids: 200_000, seconds: 5.5 }, { bids: 800_000, seconds: 7 });
    expect(line).toEqual({ perMillion: 2.5, start: 5 });
  });

  test("it goes through both runs", () => {
    const cost = fc.double({ min: 0.1, max: 1000, noNaN: true });
    fc.assert(
      fc.property(cost, cost, (seconds, more) => {
        const long = { bids: 3e6, seconds: seconds + more };
        const { perMillion, start } = costLine({ bids: 1e6, seconds }, long);
        expect(start + perMillion).toBeCloseTo(seconds, 6);
        expect(start + 3 * perMillion).toBeCloseTo(long.seconds, 6);
      }),
      { seed: 1 },
    );
  });
});

describe("the bootstrap interval", () => {
  test("the median is the middle value, or the mean of both", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test("the same seed gives the same bounds", () => {
    const seven = [4.1, 3.8, 4.4, 4, 5.2, 3.9, 4.2];
    const interval = medianInterval(seven, seededRandom(1));
    expect(interval).toEqual(medianInterval(seven, seededRandom(1)));
    expect(interval).toEqual({ median: 4.1, low: 3.9, high: 4.4 });
  });

  test("it encloses the median, and lies within the values", () => {
    fc.assert(
      fc.property(values, (list) => {
        const { median: middle, low, high } = medianInterval(list, seededRandom(2));
        expect(low).toBeLessThanOrEqual(middle);
        expect(high).toBeGreaterThanOrEqual(middle);
        expect(low).toBeGreaterThanOrEqual(Math.min(...list));
        expect(high).toBeLessThanOrEqual(Math.max(...list));
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test("of fewer than three values nothing is said", () => {
    const interval = medianInterval([2, 4], seededRandom(1));
    expect(interval).toEqual({ median: 3, low: -Infinity, high: Infinity });
  });
});
