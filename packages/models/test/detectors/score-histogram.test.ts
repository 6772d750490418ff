import { describe, expect, it } from "vitest";
import {
  addToHistogram,
  histogramBin,
  histogramSlots,
  strangenessAt,
  studentTail,
  tailProbability,
} from "../../src/detectors/score-histogram.ts";

function filled(values: readonly number[]): Float64Array {
  const state = new Float64Array(histogramSlots);
  for (const value of values) addToHistogram(state, 0, histogramBin(value), 1);
  return state;
}

describe("score histogram", () => {
  it("knows the published quantiles of Student's t with 4 degrees of freedom", () => {
    expect(studentTail(2.776445)).toBeCloseTo(0.05, 6);
    expect(studentTail(8.610302)).toBeCloseTo(0.001, 7);
    expect(studentTail(0)).toBe(1);
  });

  it("starts from the prior", () => {
    expect(tailProbability(filled([]), 0, 2 ** 1.5)).toBeCloseTo(studentTail(2 ** 1.5), 9);
  });

  it("never rises with the strangeness, and its inverse finds the way back", () => {
    const state = filled(Array.from({ length: 3_000 }, (_, i) => ((i * 37) % 101) ** 2 / 900));
    let before = 1;
    for (let x = 0.01; x < 5_000; x *= 1.07) {
      const p = tailProbability(state, 0, x);
      expect(p).toBeLessThanOrEqual(before);
      before = p;
      if (p > 1e-9 && x > 0.25) expect(strangenessAt(state, 0, p) / x).toBeCloseTo(1, 6);
    }
  });

  it("calls nothing strange that was seen too often beyond its last edge", () => {
    const state = filled(Array.from({ length: 1_000 }, () => 1e9));
    expect(tailProbability(state, 0, 1e12)).toBeGreaterThan(0.9);
    expect(strangenessAt(state, 0, 0.001)).toBe(Number.POSITIVE_INFINITY);
  });

  it("halves what it counted when full, so its numbers stay bounded", () => {
    const state = filled(Array.from({ length: 100_000 }, (_, i) => i % 7));
    expect(state[0]).toBeLessThan(8_192);
  });
});
