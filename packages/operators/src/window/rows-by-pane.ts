import { Scratch } from "../scratch.ts";
import type { PaneLayout } from "./window-layout.ts";

/** Rows of a batch that belong to one pane. Arrays are reused. */
export interface PaneRows {
  readonly paneStart: number;
  readonly rows: Int32Array;
  readonly count: number;
  /** Whether they are rows 0 … count − 1 of the batch. */
  readonly isWhole: boolean;
}

/**
 * Sorts rows of a batch into panes; the order within a pane stays.
 *
 * **Cost** O(rows), and one map look-up per run of rows of one pane; one pass when all are of one
 * pane
 */
export class RowsByPane {
  readonly #layout: PaneLayout;
  readonly #scratch = new Scratch();
  readonly #slotOf = new Map<number, number>();

  constructor(layout: PaneLayout) {
    this.#layout = layout;
  }

  /** @param rows the rows to sort; undefined for 0 … count − 1 */
  split(
    times: Float64Array,
    rows: Int32Array | undefined,
    count: number,
    visit: (part: PaneRows) => void,
  ): void {
    if (count === 0) return;
    const all = rows ?? Scratch.identity(count);
    const start = this.#layout.paneStartOf(times[all[0] as number] as number);
    const end = this.#layout.paneEndOf(start);
    let same = 0;
    while (same < count) {
      const time = times[all[same] as number] as number;
      if (time < start || time >= end) break;
      same += 1;
    }
    if (same === count) {
      visit({ paneStart: start, rows: all, count, isWhole: rows === undefined });
    } else {
      this.#splitMany(times, all, count, visit);
    }
  }

  #splitMany(
    times: Float64Array,
    rows: Int32Array,
    count: number,
    visit: (part: PaneRows) => void,
  ): void {
    const slots = this.#scratch.ints(0, count);
    const starts: number[] = [];
    const sizes: number[] = [];
    this.#slotOf.clear();
    let slot = -1;
    let start = 0;
    let end = -Infinity;
    for (let i = 0; i < count; i += 1) {
      const time = times[rows[i] as number] as number;
      if (time < start || time >= end) {
        start = this.#layout.paneStartOf(time);
        end = this.#layout.paneEndOf(start);
        slot = this.#slotOf.get(start) ?? starts.length;
        if (slot === starts.length) {
          this.#slotOf.set(start, slot);
          starts.push(start);
          sizes.push(0);
        }
      }
      slots[i] = slot;
      sizes[slot] = (sizes[slot] as number) + 1;
    }
    const sorted = this.#scratch.ints(1, count);
    const next: number[] = [];
    let at = 0;
    for (const size of sizes) {
      next.push(at);
      at += size;
    }
    for (let i = 0; i < count; i += 1) {
      const to = next[slots[i] as number] as number;
      next[slots[i] as number] = to + 1;
      sorted[to] = rows[i] as number;
    }
    for (const [index, paneStart] of starts.entries()) {
      const to = next[index] as number;
      const size = sizes[index] as number;
      visit({ paneStart, rows: sorted.subarray(to - size, to), count: size, isWhole: false });
    }
  }
}
