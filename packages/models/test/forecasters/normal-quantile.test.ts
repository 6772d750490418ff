import { describe, expect, it } from "vitest";
import { normalQuantile } from "../../src/forecasters/normal-quantile.ts";

describe("normalQuantile", () => {
  it.each([
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.0001, -3.71901648545568],
  ])("gives the tabled quantile of %d", (probability, expected) => {
    expect(normalQuantile(probability)).toBeCloseTo(expected, 7);
  });

  it("is odd about the median", () => {
    for (const p of [0.01, 0.02425, 0.2, 0.4]) {
      expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 9);
    }
  });
});
