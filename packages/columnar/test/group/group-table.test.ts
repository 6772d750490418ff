import { GroupTable, hashColumns, int64Column, rowsToBatch, columnOf } from "@millrace/columnar";
import { type FieldType, seededRandom } from "@millrace/core";
import { expect, test } from "vitest";

const key: FieldType = { name: "key", type: { kind: "int64", as: "number", nullable: true } };

/** Groups as a `Map` would number them. */
class PlainGroups {
  readonly #groups = new Map<number | null, number>();

  groupOf(value: number | null): number {
    const known = this.#groups.get(value);
    if (known !== undefined) return known;
    const group = this.#groups.size;
    this.#groups.set(value, group);
    return group;
  }
}

/** Looks the keys up batch by batch, as they come. */
function groupsOf(
  batches: readonly (readonly (number | null)[])[],
  groupsExpected?: number,
): number[] {
  const table = new GroupTable([key], { groupsExpected });
  return batches.flatMap((values) => {
    const data = values.includes(null)
      ? columnOf(
          rowsToBatch(
            { fields: [key] },
            values.map((value) => ({ key: value })),
          ),
          "key",
        )
      : int64Column(Float64Array.from(values as number[]), values.length);
    const hashes = new Uint32Array(values.length);
    hashColumns([data], values.length, hashes);
    const groups = new Int32Array(values.length);
    table.lookup([data], hashes, undefined, values.length, groups);
    return [...groups];
  });
}

test.each([
  ["small", 100, 5000, undefined],
  ["larger than the caches", 200_000, 60_000, undefined],
  ["larger than expected", 200_000, 60_000, 1000],
  ["smaller than expected", 100, 5000, 100_000],
])("a table that is %s numbers keys in the order in which they come", (...given) => {
  const [, keys, rows, groupsExpected] = given;
  const random = seededRandom(7);
  const batches = Array.from({ length: 8 }, (__, batch) =>
    Array.from({ length: rows }, (): number | null => {
      // Null and zero are different keys with the same words; some batches have nulls.
      if (batch % 3 === 1 && random.next() < 0.01) return null;
      return Math.floor(random.next() * keys);
    }),
  );
  const plain = new PlainGroups();
  const expected = batches.flatMap((values) => values.map((value) => plain.groupOf(value)));
  const found = groupsOf(batches, groupsExpected);
  expect(found.length).toBe(expected.length);
  expect(found.findIndex((group, row) => group !== expected[row])).toBe(-1);
});
