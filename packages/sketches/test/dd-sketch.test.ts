import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketOf, bucketValue, DDSketch, relativeAccuracy } from "../src/dd-sketch.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const tolerance = relativeAccuracy * (1 + 1e-9);

function sketchOf(values: readonly number[]): DDSketch {
  const sketch = new DDSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

describe("buckets", () => {
  test("stand for each of their values within one per cent", () => {
    fc.assert(
      fc.property(finite, (value) => {
        const error = Math.abs(bucketValue(bucketOf(value)) - value);
        return error <= tolerance * Math.abs(value) || Math.abs(value) < 1e-300;
      }),
      { seed: 1 },
    );
  });

  test("grow with the value", () => {
    fc.assert(
      fc.property(finite, finite, (a, b) => a > b || bucketOf(a) <= bucketOf(b)),
      { seed: 2 },
    );
  });

  test("keep the infinities apart from the largest numbers", () => {
    expect(bucketValue(bucketOf(Infinity))).toBe(Infinity);
    expect(bucketValue(bucketOf(-Infinity))).toBe(-Infinity);
    expect(bucketOf(Number.MAX_VALUE)).toBeLessThan(bucketOf(Infinity));
  });
});

describe("DDSketch", () => {
  test("gives quantiles within one per cent of the true ones", () => {
    const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, q) => {
        const sorted = all.toSorted((a, b) => a - b);
        const truth = sorted[Math.floor(q * (sorted.length - 1))] as number;
        const found = sketchOf(all).quantile(q);
        return Math.abs(found - truth) <= tolerance * Math.abs(truth) || Math.abs(truth) < 1e-300;
      }),
      { seed: 3 },
    );
  });

  test("merges as if all values had been added to one", () => {
    fc.assert(
      fc.property(fc.array(finite), fc.array(finite), (left, right) => {
        const merged = sketchOf(left);
        merged.merge(sketchOf(right));
        expect(merged.buckets()).toEqual(sketchOf([...left, ...right]).buckets());
      }),
      { seed: 4 },
    );
  });

  test("has no quantile when it is empty and leaves out NaN", () => {
    expect(sketchOf([Number.NaN]).quantile(0.5)).toBeNaN();
    expect(sketchOf([Number.NaN]).count).toBe(0);
  });
});
