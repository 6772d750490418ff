import { expect, test } from "vitest";
import { keyGroupOf, keyGroupsOfPartition, partitionOfKeyGroup } from "../src/key-group.ts";
import { limits } from "../src/limits.ts";

test.each([0, 1, 239, 240, 2 ** 31, 2 ** 32 - 1, -1])("hash %d has a key group", (hash) => {
  const keyGroup = keyGroupOf(hash);
  expect(keyGroup).toBeGreaterThanOrEqual(0);
  expect(keyGroup).toBeLessThan(limits.keyGroups);
});

test("a signed hash has the key group of the same unsigned bits", () => {
  expect(keyGroupOf(-1)).toBe(keyGroupOf(2 ** 32 - 1));
});

test("for every number of partitions, each key group has one owner and each partition an even share", () => {
  for (let partitions = 1; partitions <= limits.partitionsMax; partitions++) {
    let next = 0;
    for (let partition = 0; partition < partitions; partition++) {
      const { from, to } = keyGroupsOfPartition(partition, partitions);
      const owners = new Set<number>();
      for (let group = from; group < to; group++)
        owners.add(partitionOfKeyGroup(group, partitions));
      expect([from, [...owners]]).toEqual([next, [partition]]);
      expect(Math.abs(to - from - limits.keyGroups / partitions)).toBeLessThan(1);
      next = to;
    }
    expect(next).toBe(limits.keyGroups);
  }
});
