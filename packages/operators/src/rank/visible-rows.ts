import type { RankKind } from "@millrace/plan";

/** Rows that are among the first, with their numbers. A row that counts twice is there twice. */
export interface VisibleRows {
  readonly slots: number[];
  readonly ranks: number[];
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

/**
 * Adds what turns `before` into `after`: −1 for rows that went, +1 for those that came, as pairs as
 * far as there are both.
 *
 * @param hasRank whether a row whose number has changed is another row
 */
export function addChanges(
  before: VisibleRows,
  after: VisibleRows,
  hasRank: boolean,
  into: RowChanges,
): void {
  const identity = (rows: VisibleRows, i: number): number =>
    (rows.slots[i] as number) * rankRange + (hasRank ? (rows.ranks[i] as number) : 0);
  const counts = new Map<number, number>();
  for (let i = 0; i < after.slots.length; i += 1) {
    const key = identity(after, i);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const gone: number[] = [];
  for (let i = 0; i < before.slots.length; i += 1) {
    const key = identity(before, i);
    const left = counts.get(key) ?? 0;
    if (left === 0) gone.push(i);
    else counts.set(key, left - 1);
  }
  const came: number[] = [];
  for (let i = after.slots.length - 1; i >= 0; i -= 1) {
    const key = identity(after, i);
    const left = counts.get(key) ?? 0;
    if (left === 0) continue;
    counts.set(key, left - 1);
    came.push(i);
  }
  came.reverse();
  interleave(before, gone, after, came, into);
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
