import fc from "fast-check";
import { expect, test } from "vitest";
import { assignPartitions, type Owner } from "../../src/run/group/assign-partitions.ts";

const none: readonly number[] = [];

test("a member that is alone has all", () => {
  expect(assignPartitions([{ id: "a", had: none }], 3)).toEqual(new Map([["a", [0, 1, 2]]]));
});

test("who comes takes no more than its part, and the others keep theirs", () => {
  const shares = assignPartitions(
    [
      { id: "b", had: none },
      { id: "a", had: [0, 1, 2, 3] },
    ],
    4,
  );
  expect(shares).toEqual(
    new Map([
      ["a", [0, 1]],
      ["b", [2, 3]],
    ]),
  );
});

const owners = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) => fc.record({ id: fc.constant(id), had: fc.uniqueArray(fc.nat(12)) })),
    ),
  );

test("every partition has one owner, nobody has two more than another, order does not matter", () => {
  fc.assert(
    fc.property(owners, fc.integer({ min: 1, max: 12 }), (members: Owner[], partitions) => {
      const shares = assignPartitions(members, partitions);
      const all = [...shares.values()].flat().toSorted((left, right) => left - right);
      expect(all).toEqual(Array.from({ length: partitions }, (_, partition) => partition));
      const sizes = [...shares.values()].map((share) => share.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(assignPartitions(members.toReversed(), partitions)).toEqual(shares);
    }),
    { seed: 7, numRuns: 500 },
  );
});

test("a share that is dealt out again is the same", () => {
  fc.assert(
    fc.property(owners, fc.integer({ min: 1, max: 12 }), (members: Owner[], partitions) => {
      const shares = assignPartitions(members, partitions);
      const again = members.map(({ id }) => ({ id, had: shares.get(id) ?? none }));
      expect(assignPartitions(again, partitions)).toEqual(shares);
    }),
    { seed: 8, numRuns: 500 },
  );
});
