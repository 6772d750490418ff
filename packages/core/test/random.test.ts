import { expect, test } from "vitest";
import { seededRandom } from "../src/random.ts";

function draw(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.next());
}

test("the same seed gives the same numbers", () => {
  expect(draw(7, 100)).toEqual(draw(7, 100));
});

test("another seed gives other numbers", () => {
  expect(draw(7, 10)).not.toEqual(draw(8, 10));
});

test("the numbers of a seed never change between releases", () => {
  expect(draw(1, 3).map((x) => Math.floor(x * 2 ** 32))).toMatchInlineSnapshot(`
    [
      2693262067,
      11749833,
      2265367787,
    ]
  `);
});

test("numbers are in [0, 1) and their mean is near one half", () => {
  const numbers = draw(3, 10_000);
  expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
  expect(numbers.reduce((a, b) => a + b, 0) / numbers.length).toBeCloseTo(0.5, 2);
});
