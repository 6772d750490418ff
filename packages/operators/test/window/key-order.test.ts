import { int64Column } from "@millrace/columnar";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orderByKeys } from "../../src/window/key-order.ts";
import { radixOrder } from "../../src/window/radix-order.ts";

const wholeNumbers = fc.oneof(
  fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 1, maxLength: 500 }),
  fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1 }),
  fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), { minLength: 1 }),
  fc.array(fc.maxSafeInteger(), { minLength: 1 }),
);

/** Rows by value, and rows of equal values by row. */
function sorted(values: readonly number[]): number[] {
  return values.map((_, row) => row).toSorted((a, b) => values[a]! - values[b]! || a - b);
}

describe("order by keys", () => {
  test("whole numbers are in order, equal ones by row", () => {
    const key = { name: "key", type: { kind: "int64", as: "number", nullable: false } } as const;
    fc.assert(
      fc.property(wholeNumbers, (values) => {
        const column = int64Column(Float64Array.from(values), values.length);
        expect([...orderByKeys([column], [key], values.length)]).toEqual(sorted(values));
      }),
    );
  });

  test.each([
    ["some bits", 5_000],
    ["all bits of a word", 2 ** 32],
    ["more than a word", 2 ** 40],
  ])("rows in their thousands, over %s", (_, greatest) => {
    const values = Array.from({ length: 5_000 }, (__, row) => (row * 0x9e3779b1) % greatest);
    const least = Math.min(...values);
    const order = radixOrder(
      Float64Array.from(values),
      least,
      Math.max(...values) - least,
      values.length,
    );
    expect([...order]).toEqual(sorted(values));
  });
});
