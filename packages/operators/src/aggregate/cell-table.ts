import { assert } from "@millrace/core";

/**
 * Int32 words of an entry: group + 1 (0 is free), cell, value, whether it changed. One entry is a
 * quarter line.
 */
const width = 4;
const firstCapacity = 16;

/** Cells of the groups of a window, by group and ascending cell. */
export interface SortedCells {
  /** Cells of group g are at `start[g]` … `start[g + 1] − 1`. */
  readonly start: Int32Array;
  readonly cells: Int32Array;
  readonly values: Int32Array;
}

/**
 * Whole numbers by (group, cell), for sketches of all groups of a window: buckets of quantiles,
 * registers of HyperLogLog. Open addressing in one typed array, so that a small group costs only
 * its own cells.
 *
 * Values are within ±(2^31 − 1); cells are int32. A cell of 0 or less is kept and has nothing to
 * give: more has been taken from it than added.
 */
export class CellTable {
  #entries = new Int32Array(firstCapacity * width);
  #mask = firstCapacity - 1;
  #size = 0;
  /** Entries (not words) changed since the last `takeChanged`. */
  #changed: number[] = [];

  /** Cells in the table. */
  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    return this.#entries.byteLength + this.#changed.length * 8;
  }

  /** The word at which the entry of a cell starts; made, with value 0, when absent. */
  #find(group: number, cell: number): number {
    const entries = this.#entries;
    let hash = Math.imul(group, 0x9e3779b1) ^ Math.imul(cell, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & this.#mask;
    for (;;) {
      const at = slot * width;
      const owner = entries[at] as number;
      if (owner === group + 1 && entries[at + 1] === cell) return at;
      if (owner === 0) return this.#insert(at, group, cell);
      slot = (slot + 1) & this.#mask;
    }
  }

  #insert(at: number, group: number, cell: number): number {
    if (this.#size * 2 > this.#mask) {
      this.#grow();
      return this.#find(group, cell);
    }
    this.#entries[at] = group + 1;
    this.#entries[at + 1] = cell;
    this.#size += 1;
    return at;
  }

  #grow(): void {
    const old = this.#entries;
    const capacity = (this.#mask + 1) * 2;
    this.#entries = new Int32Array(capacity * width);
    this.#mask = capacity - 1;
    this.#size = 0;
    this.#changed = [];
    for (let at = 0; at < old.length; at += width) {
      if (old[at] === 0) continue;
      const to = this.#find((old[at] as number) - 1, old[at + 1] as number);
      this.#entries[to + 2] = old[at + 2] as number;
      if (old[at + 3] === 1) this.#mark(to);
    }
  }

  #mark(at: number): void {
    this.#entries[at + 3] = 1;
    this.#changed.push(at / width);
  }

  /** Adds to a cell. */
  add(group: number, cell: number, amount: number): void {
    const at = this.#find(group, cell);
    const value = (this.#entries[at + 2] as number) + amount;
    assert(Math.abs(value) <= 0x7fff_ffff, "a cell counts at most 2^31 − 1 values");
    this.#entries[at + 2] = value;
    if (this.#entries[at + 3] === 0) this.#mark(at);
  }

  /** Raises a cell to at least `value`. */
  raise(group: number, cell: number, value: number): void {
    const at = this.#find(group, cell);
    if ((this.#entries[at + 2] as number) >= value) return;
    this.#entries[at + 2] = value;
    if (this.#entries[at + 3] === 0) this.#mark(at);
  }

  /** Sets a cell from saved state; it does not count as changed. */
  restore(group: number, cell: number, value: number): void {
    // The table may grow in between, so the place comes first.
    const at = this.#find(group, cell);
    this.#entries[at + 2] = value;
  }

  /** Entries changed since the last call, and marks them as unchanged. */
  takeChanged(): readonly number[] {
    const changed = this.#changed;
    for (const entry of changed) this.#entries[entry * width + 3] = 0;
    this.#changed = [];
    return changed;
  }

  /** All entries. O(capacity). */
  entries(): number[] {
    const found: number[] = [];
    for (let at = 0; at < this.#entries.length; at += width) {
      if (this.#entries[at] !== 0) found.push(at / width);
    }
    return found;
  }

  groupOf(entry: number): number {
    return (this.#entries[entry * width] as number) - 1;
  }

  cellOf(entry: number): number {
    return this.#entries[entry * width + 1] as number;
  }

  valueOf(entry: number): number {
    return this.#entries[entry * width + 2] as number;
  }

  /** All cells above 0 in order of group, then cell. O(capacity + cells of a group · log). */
  sorted(groups: number): SortedCells {
    const entries = this.#entries;
    const start = new Int32Array(groups + 1);
    for (let at = 0; at < entries.length; at += width) {
      const owner = entries[at] as number;
      if (owner !== 0 && (entries[at + 2] as number) > 0) {
        start[owner] = (start[owner] as number) + 1;
      }
    }
    for (let g = 0; g < groups; g += 1)
      start[g + 1] = (start[g + 1] as number) + (start[g] as number);
    // A cell and its value packed in one float64, so that the native numeric sort orders them.
    const packed = new Float64Array(start[groups] as number);
    const next = start.slice();
    for (let at = 0; at < entries.length; at += width) {
      const owner = entries[at] as number;
      if (owner === 0 || (entries[at + 2] as number) <= 0) continue;
      const to = next[owner - 1] as number;
      next[owner - 1] = to + 1;
      packed[to] = pack(entries[at + 1] as number, entries[at + 2] as number);
    }
    for (let g = 0; g < groups; g += 1) {
      sortRange(packed, start[g] as number, start[g + 1] as number);
    }
    return unpack(start, packed);
  }
}

const shift = 2 ** 32;

/** Cells of sketches are within ±2^20, so that the packed number stays within 2^53. */
function pack(cell: number, value: number): number {
  return cell * shift + value;
}

function unpack(start: Int32Array, packed: Float64Array): SortedCells {
  const cells = new Int32Array(packed.length);
  const values = new Int32Array(packed.length);
  for (let i = 0; i < packed.length; i += 1) {
    const cell = Math.floor((packed[i] as number) / shift);
    cells[i] = cell;
    values[i] = (packed[i] as number) - cell * shift;
  }
  return { start, cells, values };
}

/** Insertion sort for a few, the native sort for many. */
function sortRange(values: Float64Array, from: number, to: number): void {
  if (to - from > 24) {
    values.subarray(from, to).sort();
    return;
  }
  for (let i = from + 1; i < to; i += 1) {
    const value = values[i] as number;
    let at = i - 1;
    while (at >= from && (values[at] as number) > value) {
      values[at + 1] = values[at] as number;
      at -= 1;
    }
    values[at + 1] = value;
  }
}
