import { seededRandom } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { decompose, isSeasonal, removeSeason } from "../../src/forecasters/seasonal-adjustment.ts";

/** The test, read literally. */
function isSeasonalByDefinition(values: Float64Array, period: number): boolean {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let i = 0; i + lag < n; i++) sum += (values[i]! - mean) * (values[i + lag]! - mean);
    return sum;
  };
  let squares = 0;
  for (let lag = 1; lag < period; lag++) squares += (covariance(lag) / covariance(0)) ** 2;
  const limit = 1.6448536269514722 * Math.sqrt((1 + 2 * squares) / n);
  return Math.abs(covariance(period) / covariance(0)) > limit;
}

describe("isSeasonal", () => {
  it("agrees with the definition for every period and strength", () => {
    const random = seededRandom(3);
    const answers = new Set<boolean>();
    for (let period = 2; period < 30; period++) {
      for (const strength of [0, 0.2, 0.5, 2]) {
        const values = Float64Array.from(
          { length: 3 * period + 11 },
          (_, i) => strength * Math.sin((2 * Math.PI * i) / period) + random.next(),
        );
        const answer = isSeasonal(values, period);
        expect(answer).toBe(isSeasonalByDefinition(values, period));
        answers.add(answer);
      }
    }
    expect(answers.size).toBe(2);
  });

  it("is false without a period, for two seasons or fewer, and for constant series", () => {
    expect(isSeasonal(Float64Array.of(1, 2, 1, 2, 1, 2), 1)).toBe(false);
    expect(isSeasonal(Float64Array.of(1, 2, 1, 2), 2)).toBe(false);
    expect(isSeasonal(new Float64Array(40).fill(0.1), 4)).toBe(false);
  });
});

describe("decompose", () => {
  it.each([[3], [4]])("finds an exact ratio per phase for period %i", (period) => {
    const ratios = [0.6, 1.1, 1.3, 1].slice(0, period);
    const mean = ratios.reduce((a, b) => a + b, 0) / period;
    const values = Float64Array.from({ length: 5 * period }, (_, i) => 8 * ratios[i % period]!);
    const season = decompose(values, period)!;
    expect(season.kind).toBe("multiplicative");
    for (let k = 0; k < period; k++) expect(season.index[k]).toBeCloseTo(ratios[k]! / mean, 12);
    removeSeason(values, season);
    for (const value of values) expect(value).toBeCloseTo(8 * mean, 10);
  });

  it("turns additive at the first value that is not positive", () => {
    const values = Float64Array.from({ length: 24 }, (_, i) => i + [0, 3, -3][i % 3]!);
    const season = decompose(values, 3)!;
    expect(season.kind).toBe("additive");
    const expected = [0, 3, -3].map((value) => expect.closeTo(value, 10));
    expect(Array.from(season.index)).toEqual(expected);
  });
});
