import fc from "fast-check";
import { expect, test } from "vitest";
import { Decimal } from "../src/decimal.ts";

test.each([
  ["-12.50", -1250n, 2],
  ["0", 0n, 0],
  ["+0.001", 1n, 3],
  ["00012", 12n, 0],
])("%s is read exactly", (text, unscaled, scale) => {
  expect(Decimal.parse(text)).toMatchObject({ unscaled, scale });
});

test.each(["", "1.", ".5", "1e3", "1,5", "-", "NaN", " 1"])("%j is not a decimal", (text) => {
  expect(() => Decimal.parse(text)).toThrow(RangeError);
});

test("a number between −1 and 1 prints its leading zero and its sign", () => {
  expect([new Decimal(-5n, 2).toString(), new Decimal(5n, 1).toString()]).toEqual(["-0.05", "0.5"]);
});

test("printing and reading give the same number", () => {
  const property = fc.property(fc.bigInt(), fc.integer({ min: 0, max: 38 }), (unscaled, scale) => {
    const decimal = new Decimal(unscaled, scale);
    expect(Decimal.parse(decimal.toString())).toEqual(decimal);
  });
  fc.assert(property, { seed: 1, numRuns: 100 });
});

test("a wider scale keeps the number", () => {
  expect(Decimal.parse("1.5").withScale(3).toString()).toBe("1.500");
});

test("a narrower scale cuts off zeros only", () => {
  expect(Decimal.parse("1.500").withScale(1).toString()).toBe("1.5");
  expect(() => Decimal.parse("1.55").withScale(1)).toThrow(RangeError);
});

test("JSON holds a decimal as text", () => {
  expect(JSON.stringify({ price: Decimal.parse("1.10") })).toBe('{"price":"1.10"}');
});

test("toNumber gives the nearest float64", () => {
  expect(Decimal.parse("0.1").toNumber()).toBe(0.1);
});
