/** A member of a group and the partitions that it had before, which cost nothing to keep. */
export interface Owner {
  readonly id: string;
  readonly had: readonly number[];
}

/**
 * Deals partitions out to members: as many to each as to any other, give or take one, and as few as
 * possible to others than had them (sticky). All tasks of a partition go together, so that what one
 * member repartitions to itself is read where it was written (co-partitioned).
 *
 * A pure function: the same members get the same partitions, in whatever order they come.
 */
export function assignPartitions(
  owners: readonly Owner[],
  partitions: number,
): Map<string, number[]> {
  const members = owners.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  const shares = new Map<string, number[]>(members.map(({ id }) => [id, []]));
  const least = Math.floor(partitions / members.length);
  let larger = partitions % members.length;
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition));
  // Who had most keeps one of the larger shares.
  const byHad = members.toSorted((left, right) => right.had.length - left.had.length);
  const room = new Map<string, number>();
  for (const { id } of byHad) {
    room.set(id, least + (larger > 0 ? 1 : 0));
    larger -= 1;
  }
  for (const { id, had } of byHad) {
    const share = shares.get(id) as number[];
    for (const partition of had.toSorted((left, right) => left - right)) {
      if (share.length === room.get(id) || !free.delete(partition)) continue;
      share.push(partition);
    }
  }
  const rest = [...free];
  for (const { id } of members) {
    const share = shares.get(id) as number[];
    share.push(...rest.splice(0, (room.get(id) ?? 0) - share.length));
    share.sort((left, right) => left - right);
  }
  return shares;
}
