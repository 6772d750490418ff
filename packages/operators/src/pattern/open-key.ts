/** Values of one way through a pattern in `Attempt.ways`. */
export const wayWidth = 4;

/** A row that a match may begin with, and how far the search from it has come. */
export interface Attempt {
  /** Index of the row in `OpenKey.slots`. */
  start: number;
  /** The time after which no row can be part of the match. */
  readonly until: number;
  /**
   * Ways that may become a match that is preferred to the one found, the most preferred one first.
   * Each is four numbers: a variable, how many rows it has (as far as that matters), whether rows
   * are being passed over before its next one, and the last taken row.
   */
  ways: number[];
  /** The last taken row of the most preferred match so far, −1 without one. */
  found: number;
}

/** A key with rows that a match may still need. */
export interface OpenKey {
  /** Slots of its rows in event order; those before `head` are gone. */
  slots: number[];
  head: number;
  /** Where the next match may begin. */
  from: number;
  /** Rows before it were given to the attempts. */
  fed: number;
  /** Rows being searched from, the earliest first. */
  attempts: Attempt[];
  /** When the key will be looked at without a row, the earliest such time; +Infinity for none. */
  dueAt: number;
  /** The delta that was the next one when it was opened: older ones hold no row that it has now. */
  readonly delta: number;
}

/** A key without rows yet. */
export function openKey(delta: number): OpenKey {
  return {
    slots: [],
    head: 0,
    from: 0,
    fed: 0,
    attempts: [],
    dueAt: Infinity,
    delta,
  };
}

/** Closes the gap before `head` when it is half of all. O(rows) amortised. */
export function closeGap(open: OpenKey): void {
  const gap = open.head;
  if (gap < 32 || gap * 2 < open.slots.length) return;
  open.slots = open.slots.slice(gap);
  open.head = 0;
  open.from -= gap;
  open.fed -= gap;
  for (const attempt of open.attempts) attempt.start -= gap;
}

/** The index of a slot in a key's rows, which has it. */
export function indexOfSlot({ slots, head }: OpenKey, slot: number): number {
  let low = head;
  let high = slots.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((slots[middle] as number) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
