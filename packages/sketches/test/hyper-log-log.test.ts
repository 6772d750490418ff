import { seededRandom } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HyperLogLog } from "../src/hyper-log-log.ts";

function sketchOf(hashes: readonly number[]): HyperLogLog {
  const sketch = new HyperLogLog();
  for (const hash of hashes) sketch.add(hash);
  return sketch;
}

const hashes = fc.array(fc.nat({ max: 0xffff_ffff }));

describe("HyperLogLog", () => {
  test.each([1, 10, 1000, 10_000, 100_000])("estimates %d values within 5 %%", (count) => {
    const random = seededRandom(count);
    const sketch = new HyperLogLog();
    for (let i = 0; i < count; i += 1) sketch.add(Math.floor(random.next() * 2 ** 32));
    expect(Math.abs(sketch.estimate() - count)).toBeLessThanOrEqual(0.05 * count);
  });

  test("estimates zero when it is empty", () => {
    expect(new HyperLogLog().estimate()).toBe(0);
  });

  test("does not change when a value comes again", () => {
    fc.assert(
      fc.property(hashes, (all) => {
        expect(sketchOf([...all, ...all]).registers).toEqual(sketchOf(all).registers);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test("merges as if all values had been added to one", () => {
    fc.assert(
      fc.property(hashes, hashes, (left, right) => {
        const merged = sketchOf(left);
        merged.merge(sketchOf(right));
        expect(merged.registers).toEqual(sketchOf([...left, ...right]).registers);
      }),
      { seed: 2, numRuns: 30 },
    );
  });
});
