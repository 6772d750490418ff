import { assignPartitions } from "./assign-partitions.ts";

/** A member of a group, as far as the deal depends on it. */
export interface Candidate {
  readonly id: string;
  /** Partitions that it had in the generation before. */
  readonly had: readonly number[];
  /** Those of them whose tasks it has open. */
  readonly held: readonly number[];
  /** Partitions of others whose state it has a warm copy of. */
  readonly warm: readonly number[];
}

/** What one member gets. */
export interface Deal {
  /** Partitions whose tasks it runs. */
  readonly partitions: readonly number[];
  /** Partitions whose state it keeps warm. */
  readonly standbys: readonly number[];
  /** Those of them that it is to run once they are warm: then it asks for a new deal. */
  readonly awaited: readonly number[];
}

/**
 * Deals out partitions, and warm copies of their state. With copies, a partition moves to a member
 * that has one, so that it rests for as long as the end of its changelog takes to read:
 *
 * - one whose member is gone goes to a member that has a warm copy, even if that one has more than
 *   its part then;
 * - one that is to move so that all have their parts stays where it is until its new member has a
 *   warm copy.
 *
 * A pure function: the same members get the same, in whatever order they come.
 *
 * @param copies of each partition beside the one that runs; 0 … members − 1 come about
 */
export function dealPartitions(
  candidates: readonly Candidate[],
  partitions: number,
  copies: number,
): Map<string, Deal> {
  const members = candidates.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  const ready = copies === 0 ? new Map<number, string>() : readyMembers(members, partitions);
  const owners = members.map(({ id, had }) => {
    const others = had.filter((partition) => !ready.has(partition));
    return { id, had: [...ownOf(ready, id), ...others] };
  });
  const balanced = ownersOf(assignPartitions(owners, partitions));
  const isWarm = (id: string, partition: number): boolean =>
    members.some((member) => member.id === id && member.warm.includes(partition));
  const deals = new Map(
    members.map(({ id }) => [id, { partitions: [], standbys: [], awaited: [] } as MutableDeal]),
  );
  for (const [partition, wanted] of [...balanced].toSorted(([left], [right]) => left - right)) {
    const now = ready.get(partition) ?? wanted;
    const stays = now !== wanted && !isWarm(wanted, partition);
    deals.get(stays ? now : wanted)?.partitions.push(partition);
    if (!stays) continue;
    deals.get(wanted)?.standbys.push(partition);
    deals.get(wanted)?.awaited.push(partition);
  }
  dealCopies(members, deals, { partitions, copies });
  return deals;
}

type MutableDeal = { [Part in keyof Deal]: number[] };

/** Who can go on with a partition at once: who has its tasks open, else who has a warm copy. */
function readyMembers(members: readonly Candidate[], partitions: number): Map<number, string> {
  const ready = new Map<number, string>();
  for (const { id, held } of members) for (const partition of held) ready.set(partition, id);
  for (let partition = 0; partition < partitions; partition += 1) {
    if (ready.has(partition)) continue;
    const warm = members.filter((member) => member.warm.includes(partition));
    const [least] = warm.toSorted(
      (left, right) => ownOf(ready, left.id).length - ownOf(ready, right.id).length,
    );
    if (least !== undefined) ready.set(partition, least.id);
  }
  return ready;
}

/**
 * So many copies of each partition, at those that have one already, then where there are fewest.
 */
function dealCopies(
  members: readonly Candidate[],
  deals: ReadonlyMap<string, MutableDeal>,
  { partitions, copies }: { readonly partitions: number; readonly copies: number },
): void {
  const warmFirst = (partition: number) => (left: Candidate, right: Candidate) =>
    Number(right.warm.includes(partition)) - Number(left.warm.includes(partition));
  for (let partition = 0; partition < partitions; partition += 1) {
    const has = (id: string, part: "partitions" | "standbys"): boolean =>
      deals.get(id)?.[part].includes(partition) === true;
    const others = members.filter(({ id }) => !has(id, "partitions"));
    let missing = copies - others.filter(({ id }) => has(id, "standbys")).length;
    const byLoad = others.toSorted(
      (left, right) => loadOf(deals.get(left.id)) - loadOf(deals.get(right.id)),
    );
    for (const { id } of byLoad.toSorted(warmFirst(partition))) {
      if (missing <= 0) break;
      if (has(id, "standbys")) continue;
      deals.get(id)?.standbys.push(partition);
      missing -= 1;
    }
  }
}

function loadOf(deal: Deal | undefined): number {
  return (deal?.partitions.length ?? 0) + (deal?.standbys.length ?? 0);
}

function ownOf(owners: ReadonlyMap<number, string>, id: string): number[] {
  return [...owners].filter(([, owner]) => owner === id).map(([partition]) => partition);
}

function ownersOf(shares: ReadonlyMap<string, readonly number[]>): Map<number, string> {
  return new Map([...shares].flatMap(([id, share]) => share.map((each) => [each, id] as const)));
}
