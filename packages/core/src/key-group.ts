import { limits } from "./limits.ts";

/** The key group of a key hash (unsigned 32-bit): 0…239. */
export function keyGroupOf(hash: number): number {
  return (hash >>> 0) % limits.keyGroups;
}

/** The partition that owns a key group: contiguous, even ranges. */
export function partitionOfKeyGroup(keyGroup: number, partitions: number): number {
  return Math.floor((keyGroup * partitions) / limits.keyGroups);
}

/** The key groups [from, to) that a partition owns; the inverse of `partitionOfKeyGroup`. */
export function keyGroupsOfPartition(
  partition: number,
  partitions: number,
): { from: number; to: number } {
  return {
    from: Math.ceil((partition * limits.keyGroups) / partitions),
    to: Math.ceil(((partition + 1) * limits.keyGroups) / partitions),
  };
}
