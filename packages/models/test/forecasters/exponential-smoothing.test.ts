import { seededRandom } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { fitSimpleSmoothing } from "../../src/forecasters/exponential-smoothing.ts";

/** The definition, read literally. */
function squaredErrors(values: Float64Array, alpha: number, initial: number): number {
  let level = initial;
  let sum = 0;
  for (const value of values) {
    sum += (value - level) ** 2;
    level += alpha * (value - level);
  }
  return sum;
}

describe("fitSimpleSmoothing", () => {
  it("finds no worse a fit than a fine grid over both parameters", () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed);
      let walk = 0;
      const values = Float64Array.from({ length: 30 }, () => {
        walk += (random.next() - 0.5) * (seed % 4);
        return 100 + walk + random.next() * 2;
      });
      const fit = fitSimpleSmoothing(values);
      let best = Infinity;
      for (let alpha = 0.001; alpha < 1; alpha += 0.01) {
        for (let initial = 94; initial < 106; initial += 0.1) {
          best = Math.min(best, squaredErrors(values, alpha, initial));
        }
      }
      expect(fit.squaredErrors).toBeLessThanOrEqual(best * (1 + 1e-9));
    }
  });

  it("gives a constant series a level without error", () => {
    const fit = fitSimpleSmoothing(new Float64Array(20).fill(-3));
    expect([fit.level, fit.squaredErrors]).toEqual([-3, 0]);
  });

  it("stays finite over long series, where the first level has faded", () => {
    const values = Float64Array.from({ length: 5_000 }, (_, i) => (i % 7) * 1e6);
    const fit = fitSimpleSmoothing(values);
    expect(Number.isFinite(fit.level) && Number.isFinite(fit.squaredErrors)).toBe(true);
  });
});
