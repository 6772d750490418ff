import fc from "fast-check";
import { expect, test } from "vitest";
import { KllSketch } from "../src/index.ts";

const options = { k: 200, seed: 1 };

/** How far the rank of a value is from that which was asked for, as a share of all values. */
function rankError(sorted: Float64Array, value: number, q: number): number {
  const below = sorted.filter((other) => other < value).length;
  const upTo = sorted.filter((other) => other <= value).length;
  const rank = Math.floor(q * (sorted.length - 1));
  const off = rank < below ? below - rank : rank >= upTo ? rank - upTo + 1 : 0;
  return off / sorted.length;
}

const shapes: readonly [string, (i: number) => number][] = [
  ["ascending", (i) => i],
  ["descending", (i) => -i],
  ["scattered", (i) => (i * 7919) % 50_021],
  ["of a few values", (i) => i % 7],
  ["of heavy tails", (i) => 1.001 ** (((i * 7919) % 50_021) / 5)],
];

test.each(shapes)("ranks are within 1.7 %% of the number of values that are %s", (_, valueOf) => {
  const values = Float64Array.from({ length: 50_000 }, (__, i) => valueOf(i));
  const sketch = new KllSketch(options);
  for (const value of values) sketch.add(value);
  expect(sketch.count).toBe(50_000);
  expect(sketch.size).toBeLessThan(750);
  const sorted = values.toSorted();
  for (const q of [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1]) {
    expect(rankError(sorted, sketch.quantile(q), q)).toBeLessThan(0.017);
  }
});

test("merged sketches keep the bound", () => {
  const whole = new KllSketch(options);
  const values = Float64Array.from({ length: 40_000 }, (_, i) => (i * 7919) % 50_021);
  for (let part = 0; part < 100; part += 1) {
    const sketch = new KllSketch({ k: 200, seed: part });
    for (const value of values.subarray(part * 400, part * 400 + 400)) sketch.add(value);
    whole.merge(sketch);
  }
  expect(whole.count).toBe(40_000);
  expect(whole.size).toBeLessThan(750);
  const sorted = values.toSorted();
  for (const q of [0.05, 0.5, 0.95]) {
    expect(rankError(sorted, whole.quantile(q), q)).toBeLessThan(0.017);
  }
});

test("few values are exact, whatever their order", () => {
  const law = fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 100 }), (values) => {
    const sketch = new KllSketch(options);
    for (const value of values) sketch.add(value);
    const sorted = values.toSorted((left, right) => left - right);
    for (const q of [0, 0.3, 0.5, 1]) {
      expect(sketch.quantile(q)).toBe(sorted[Math.floor(q * (sorted.length - 1))]);
    }
  });
  fc.assert(law, { seed: 1, numRuns: 50 });
});

test("one seed and one order give one sketch, also over its saved form", () => {
  const values = Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 5_003);
  const whole = new KllSketch(options);
  let resumed = new KllSketch(options);
  for (const [i, value] of values.entries()) {
    whole.add(value);
    resumed.add(value);
    if (i % 500 === 0) resumed = KllSketch.fromNumbers(resumed.toNumbers());
  }
  expect(resumed.toNumbers()).toEqual(whole.toNumbers());
});

test("NaN is left out, and an empty sketch has no quantile", () => {
  const sketch = new KllSketch(options);
  sketch.add(Number.NaN);
  expect(sketch.count).toBe(0);
  expect(sketch.quantile(0.5)).toBeNaN();
});
