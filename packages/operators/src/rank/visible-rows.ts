import type { RankKind } from "@millrace/plan";

/**
 * Rows that are among the first, and their numbers, of which there may be more. A row that counts
 * twice is there twice.
 */
export interface VisibleRows {
  readonly slots: readonly number[];
  readonly ranks: readonly number[];
}

const places: number[] = [];

/** 1, 2, 3, … at least up to `count`; never written to. */
export function placesUpTo(count: number): readonly number[] {
  while (places.length < count) places.push(places.length + 1);
  return places;
}

/**
 * The rows of a sorted list whose number is at most `n`.
 *
 * @param list slots in order
 * @param weightOf how often a slot's row counts; not above zero: not at all
 * @param isTied whether two neighbours have equal sort keys
 */
export function visibleRows(
  list: readonly number[],
  limit: { readonly n: number; readonly rankKind: RankKind },
  weightOf: (slot: number) => number,
  isTied: (left: number, right: number) => boolean,
): VisibleRows {
  const slots: number[] = [];
  const ranks: number[] = [];
  const { n, rankKind } = limit;
  let rank = 0;
  for (const slot of list) {
    const weight = weightOf(slot);
    for (let copy = 0; copy < weight; copy += 1) {
      const before = slots.at(-1);
      const isSame =
        rankKind !== "rowNumber" &&
        before !== undefined &&
        (before === slot || isTied(before, slot));
      if (!isSame) rank = rankKind === "denseRank" ? rank + 1 : slots.length + 1;
      if (rank > n) return { slots, ranks };
      slots.push(slot);
      ranks.push(rank);
    }
  }
  return { slots, ranks };
}

/** Changes from one list of rows to another, of one group. */
export interface RowChanges {
  readonly slots: number[];
  readonly ranks: number[];
  readonly weights: number[];
}

/** Room for ranks beside a slot in one exact number. */
const rankRange = 2 ** 21;

/** Up to so many rows, looking through them is faster than a table of them. */
const fewRows = 32;

/**
 * Adds what turns `before` into `after`: −1 for rows that went, +1 for those that came; rows of one
 * number next to each other, the old one first.
 *
 * @param hasRank whether a row whose number has changed is another row
 */
export function addChanges(
  before: VisibleRows,
  after: VisibleRows,
  hasRank: boolean,
  into: RowChanges,
): void {
  const gone: number[] = [];
  const came: number[] = [];
  const isPlain = !hasRank && after.slots.length <= fewRows && before.slots.length <= fewRows;
  if (isPlain && !hasRepeats(before.slots) && !hasRepeats(after.slots)) {
    missingIn(after.slots, before.slots, gone);
    missingIn(before.slots, after.slots, came);
  } else {
    compareByIdentity(before, after, hasRank, { gone, came });
  }
  interleave(before, gone, after, came, into);
}

/** Copies of a row stand next to each other. */
function hasRepeats(slots: readonly number[]): boolean {
  for (let i = 1; i < slots.length; i += 1) if (slots[i] === slots[i - 1]) return true;
  return false;
}

/** Indexes of the slots that the others are without. */
function missingIn(others: readonly number[], slots: readonly number[], into: number[]): void {
  for (let i = 0; i < slots.length; i += 1) {
    if (others[i] !== slots[i] && !others.includes(slots[i] as number)) into.push(i);
  }
}

/** Indexes of rows that are on one side more often than on the other. */
function compareByIdentity(
  before: VisibleRows,
  after: VisibleRows,
  hasRank: boolean,
  into: { readonly gone: number[]; readonly came: number[] },
): void {
  const identity = (rows: VisibleRows, i: number): number =>
    (rows.slots[i] as number) * rankRange + (hasRank ? (rows.ranks[i] as number) : 0);
  const counts = new Map<number, number>();
  for (let i = 0; i < after.slots.length; i += 1) {
    const key = identity(after, i);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (let i = 0; i < before.slots.length; i += 1) {
    const key = identity(before, i);
    const left = counts.get(key) ?? 0;
    if (left === 0) into.gone.push(i);
    else counts.set(key, left - 1);
  }
  for (let i = after.slots.length - 1; i >= 0; i -= 1) {
    const key = identity(after, i);
    const left = counts.get(key) ?? 0;
    if (left === 0) continue;
    counts.set(key, left - 1);
    into.came.push(i);
  }
  into.came.reverse();
}

/** Rows of one number stand next to each other: the old one, then the new one. */
function interleave(
  before: VisibleRows,
  gone: readonly number[],
  after: VisibleRows,
  came: readonly number[],
  into: RowChanges,
): void {
  const push = (rows: VisibleRows, i: number, weight: number): void => {
    into.slots.push(rows.slots[i] as number);
    into.ranks.push(rows.ranks[i] as number);
    into.weights.push(weight);
  };
  let next = 0;
  for (const i of gone) {
    const rank = before.ranks[i] as number;
    for (; next < came.length && (after.ranks[came[next] as number] as number) < rank; next += 1) {
      push(after, came[next] as number, 1);
    }
    push(before, i, -1);
    const replacement = came[next];
    if (replacement !== undefined && after.ranks[replacement] === rank) {
      push(after, replacement, 1);
      next += 1;
    }
  }
  for (; next < came.length; next += 1) push(after, came[next] as number, 1);
}
