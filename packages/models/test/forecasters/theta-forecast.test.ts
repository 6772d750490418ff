import { thetaForecast } from "@millrace/models";
import { seededRandom } from "@millrace/core";
import { describe, expect, it } from "vitest";

const pattern = [0.5, 1.5, 1.2, 0.8];

describe("thetaForecast", () => {
  it("continues a line by half its slope, as the method does by design", () => {
    const { mean, drift, alpha } = thetaForecast(Float64Array.of(2, 4, 6, 8), 1, 3, []);
    expect(alpha).toBeCloseTo(0.9999, 6);
    expect(drift).toBeCloseTo(1, 12);
    expect(Array.from(mean)).toEqual([9, 10, 11].map((value) => expect.closeTo(value, 3)));
  });

  it("matches a forecast worked out by hand from the equations", () => {
    // An alternating series has its least squares at the smallest α; the closed form of l_0 is then
    // nearly the mean.
    const values = Float64Array.of(1, 3, 1, 3, 1, 3);
    const { mean, alpha, drift } = thetaForecast(values, 1, 2, []);
    const slope = (-2.5 + 3 * -1.5 - 0.5 + 3 * 0.5 + 1.5 + 3 * 2.5) / 17.5;
    expect(alpha).toBeCloseTo(1e-4, 5);
    expect(drift).toBeCloseTo(slope / 2, 12);
    expect(mean[0]).toBeCloseTo(2 + (slope / 2) * 6, 2);
    expect(mean[1]! - mean[0]!).toBeCloseTo(slope / 2, 12);
  });

  it("repeats an exact multiplicative season", () => {
    const values = Float64Array.from({ length: 40 }, (_, i) => 100 * pattern[i % 4]!);
    const { mean, seasonality } = thetaForecast(values, 4, 6, []);
    expect(seasonality).toBe("multiplicative");
    const expected = [50, 150, 120, 80, 50, 150].map((value) => expect.closeTo(value, 6));
    expect(Array.from(mean)).toEqual(expected);
  });

  it("repeats an exact additive season where values reach zero or below", () => {
    const values = Float64Array.from({ length: 41 }, (_, i) => [0, 4, -2, 1][i % 4]!);
    const { mean, seasonality } = thetaForecast(values, 4, 4, []);
    expect(seasonality).toBe("additive");
    const expected = [4, -2, 1, 0].map((value) => expect.closeTo(value, 6));
    expect(Array.from(mean)).toEqual(expected);
  });

  it("widens its normal intervals by √(1 + (h − 1)·α²)", () => {
    const random = seededRandom(1);
    const values = Float64Array.from(
      { length: 60 },
      (_, i) => 20 + 5 * Math.sin(i / 9) + random.next(),
    );
    const result = thetaForecast(values, 1, 10, [0.025, 0.975]);
    const [low, high] = [result.quantiles[0]!, result.quantiles[1]!];
    expect((high[0]! - low[0]!) / Math.sqrt(result.variance)).toBeCloseTo(2 * 1.959964, 5);
    const widening = (high[9]! - low[9]!) / (high[0]! - low[0]!);
    expect(widening).toBeCloseTo(Math.sqrt(1 + 9 * result.alpha ** 2), 9);
  });

  it("is sure of a constant series", () => {
    const { mean, quantiles } = thetaForecast(new Float64Array(50).fill(7), 4, 3, [0.1, 0.9]);
    expect([...mean, ...quantiles[0]!, ...quantiles[1]!]).toEqual(new Array(9).fill(7));
  });
});
