import { groupsWithin, mergeGroups, mergeWindow, unmergeGroups } from "./merge-windows.ts";
import type { OpenWindow, WindowCall } from "./open-window.ts";
import type { DueWindow, WindowStore } from "./window-store.ts";
import { PaneSums, type WindowTotal, type WindowTotals } from "./window-totals.ts";

/** Windows of fewer panes are summed up anew each time. */
const panesMin = 5;

/**
 * The sums of windows that move on by less than their size. A window of many panes is not summed up
 * anew: exact sums take in the newest pane and take out the oldest, all else adds up sums of panes.
 *
 * A pane does not change any more once the first window over it has closed, so what is known of it
 * stays right. Nothing of it is saved: after a restart, it is found anew.
 */
export function movingTotals(
  store: WindowStore,
  calls: readonly WindowCall[],
  panesPerWindow: number,
): WindowTotals {
  if (panesPerWindow < panesMin) return new PaneSums(store);
  const isExact = store
    .fresh({ start: 0, firstEnd: 0 })
    .calls.every((c) => c.distinct === undefined && c.accumulator.unmerge !== undefined);
  return isExact && calls.length > 0 ? new MovingSums(store) : new PaneTree(store);
}

/** A pane in the sum, and which groups of the sum its groups are. */
interface Added {
  readonly pane: OpenWindow;
  readonly groups: Int32Array;
}

/**
 * One sum that moves with the windows.
 *
 * **State** per key of the window what its aggregates keep and 4 bytes, and 4 bytes per key and
 * pane
 * **Cost** per window, one look-up per key of its newest pane, and an addition per key and
 * aggregate of its newest and its oldest
 */
class MovingSums implements WindowTotals {
  readonly #store: WindowStore;
  #total: OpenWindow;
  /** By group, in how many of the panes it has rows. */
  #paneCounts = new Int32Array(16);
  #liveCount = 0;
  #added = new Map<OpenWindow, Added>();

  constructor(store: WindowStore) {
    this.#store = store;
    this.#total = store.fresh({ start: 0, firstEnd: 0 });
  }

  of({ start, panes }: DueWindow): WindowTotal {
    if (this.#total.groups.size > this.#liveCount * 2 + 1024) this.#begin();
    for (const added of this.#added.values()) {
      if (added.pane.start < start) this.#takeOut(added);
    }
    for (const pane of panes) if (!this.#added.has(pane)) this.#takeIn(pane);
    const { size } = this.#total.groups;
    if (this.#liveCount === size) return { window: this.#total };
    const groups = new Int32Array(this.#liveCount);
    let count = 0;
    for (let group = 0; group < size; group += 1) {
      if ((this.#paneCounts[group] as number) > 0) groups[count++] = group;
    }
    return { window: this.#total, groups };
  }

  /** Starts without keys that have no rows any more. */
  #begin(): void {
    this.#total = this.#store.fresh({ start: 0, firstEnd: 0 });
    this.#paneCounts = new Int32Array(16);
    this.#liveCount = 0;
    this.#added.clear();
  }

  #takeIn(pane: OpenWindow): void {
    const groups = groupsWithin(this.#total, pane);
    const { size } = this.#total.groups;
    if (size > this.#paneCounts.length) {
      const grown = new Int32Array(Math.max(size, this.#paneCounts.length * 2));
      grown.set(this.#paneCounts);
      this.#paneCounts = grown;
    }
    mergeGroups(this.#total, pane, groups);
    for (const group of groups) {
      if (this.#paneCounts[group] === 0) this.#liveCount += 1;
      this.#paneCounts[group] = (this.#paneCounts[group] as number) + 1;
    }
    this.#added.set(pane, { pane, groups });
  }

  #takeOut({ pane, groups }: Added): void {
    unmergeGroups(this.#total, pane, groups);
    for (const group of groups) {
      this.#paneCounts[group] = (this.#paneCounts[group] as number) - 1;
      if (this.#paneCounts[group] === 0) this.#liveCount -= 1;
    }
    this.#added.delete(pane);
  }
}

/**
 * Sums of 2, 4, 8, … panes next to each other, made when a window first needs one.
 *
 * **State** at most the panes' own rows for each doubling of panes in a window
 * **Cost** per window, merging about 2 · log2(panes) sums, and two for making new ones
 */
class PaneTree implements WindowTotals {
  readonly #store: WindowStore;
  /** By level, then by number: sum i of level l is of panes i · 2^l … (i + 1) · 2^l − 1. */
  readonly #levels: Map<number, OpenWindow | undefined>[] = [];
  #panes: ReadonlyMap<number, OpenWindow> = new Map();

  constructor(store: WindowStore) {
    this.#store = store;
  }

  of({ start, end, panes }: DueWindow): WindowTotal {
    const { layout } = this.#store;
    const paneMs = layout.paneEndOf(start) - start;
    const numberOf = (time: number): number => Math.round((time - layout.paneStartOf(0)) / paneMs);
    const isUsual = (pane: OpenWindow): boolean => pane.firstEnd === layout.firstEndOf(pane.start);
    const usual = panes.filter((pane) => isUsual(pane));
    this.#panes = new Map(usual.map((pane) => [numberOf(pane.start), pane]));
    const first = numberOf(start);
    const after = numberOf(end);
    this.#forgetBefore(first);
    const window = this.#store.fresh({ start, firstEnd: end });
    let at = first;
    while (at < after) {
      let level = 0;
      while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= after) level += 1;
      const sum = this.#sumOf(level, at / 2 ** level);
      if (sum !== undefined) mergeWindow(window, sum);
      at += 2 ** level;
    }
    // Rows that came late count from a later window on than their neighbours: they are few.
    for (const pane of panes) if (!isUsual(pane)) mergeWindow(window, pane);
    return { window };
  }

  #sumOf(level: number, number: number): OpenWindow | undefined {
    if (level === 0) return this.#panes.get(number);
    const sums = (this.#levels[level] ??= new Map());
    if (sums.has(number)) return sums.get(number);
    const left = this.#sumOf(level - 1, number * 2);
    const right = this.#sumOf(level - 1, number * 2 + 1);
    let sum = left ?? right;
    if (left !== undefined && right !== undefined) {
      sum = this.#store.fresh({ start: left.start, firstEnd: left.firstEnd });
      mergeWindow(sum, left);
      mergeWindow(sum, right);
    }
    sums.set(number, sum);
    return sum;
  }

  #forgetBefore(pane: number): void {
    for (const [level, sums] of this.#levels.entries()) {
      for (const number of sums?.keys() ?? []) {
        if ((number + 1) * 2 ** level <= pane) sums.delete(number);
      }
    }
  }
}
