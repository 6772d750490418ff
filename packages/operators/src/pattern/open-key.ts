/** Values of one way through a pattern in `Attempt.ways`. */
export const wayWidth = 4;

/**
 * A row that a match may begin with, and how far the search from it has come. It is over when no
 * ways are left.
 */
export interface Attempt {
  /** Index of the row in `OpenKey.slots`. */
  start: number;
  /** The time after which no row can be part of the match. */
  until: number;
  /**
   * Ways that may become a match that is preferred to the one found, the most preferred one first.
   * Each is four numbers: a variable, how many rows it has (as far as that matters), whether rows
   * are being passed over before its next one, and the last taken row.
   */
  ways: number[];
  /** The last taken row of the most preferred match so far, −1 without one. */
  found: number;
}

/** A key, and its rows that a match may still need. */
export interface OpenKey {
  /** Slots of its rows in event order; those before `head` are gone. */
  slots: number[];
  head: number;
  /** Where the next match may begin. */
  from: number;
  /** Rows before it were given to the attempts. */
  fed: number;
  /**
   * Rows being searched from, the earliest first; where there is one at a time, it is used again.
   */
  attempts: Attempt[];
  /**
   * When the key will be looked at without a row, at most when its first attempt ends; +Infinity
   * for never. It stays while the key has no rows, so that a key is in the heap of times once.
   */
  dueAt: number;
  /** The delta that was the next one when it was opened: older ones hold no row that it has now. */
  delta: number;
}

/** A key without rows yet. */
export function openKey(): OpenKey {
  return { slots: [], head: 0, from: 0, fed: 0, attempts: [], dueAt: Infinity, delta: 0 };
}

/** Whether a key has rows. */
export function hasRows({ slots, head }: OpenKey): boolean {
  return slots.length > head;
}

/** Makes room in a key whose rows are all gone. */
export function emptyKey(open: OpenKey): void {
  open.slots.length = 0;
  open.head = 0;
  open.from = 0;
  open.fed = 0;
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
