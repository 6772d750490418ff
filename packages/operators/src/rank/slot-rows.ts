import { concatBatches, takeRows } from "@millrace/columnar";
import { assert } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

/** Parts of fewer rows are put together, so that there are few. */
const partRows = 8_192;

interface Part {
  readonly batch: RecordBatch;
  readonly start: number;
}

/** A row where it is kept. */
export interface RowPlace {
  readonly batch: RecordBatch;
  readonly row: number;
}

/** Rows in numbered slots, in the batches in which they came; small batches are put together. */
export class SlotRows {
  #parts: Part[] = [];
  #size = 0;

  /** Slots so far. */
  get size(): number {
    return this.#size;
  }

  /** Adds rows; the batch is kept. @returns the first row's slot */
  add(batch: RecordBatch): number {
    const start = this.#size;
    if (batch.numRows === 0) return start;
    this.#size += batch.numRows;
    this.#parts.push({ batch, start });
    this.#merge();
    return start;
  }

  /** Small parts grow like a binary counter: each row is copied O(log) times. */
  #merge(): void {
    for (;;) {
      const [before, last] = this.#parts.slice(-2);
      if (before === undefined || last === undefined) return;
      if (before.batch.numRows > Math.min(last.batch.numRows, partRows)) return;
      const batch = concatBatches([before.batch, last.batch]);
      this.#parts.splice(-2, 2, { batch, start: before.start });
    }
  }

  #partOf(slot: number): number {
    let low = 0;
    let high = this.#parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#parts[middle] as Part).start <= slot) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  placeOf(slot: number): RowPlace {
    const part = this.#parts[this.#partOf(slot)];
    assert(part !== undefined, "a slot holds a row");
    return { batch: part.batch, row: slot - part.start };
  }

  /** The rows of some slots, in that order; a slot may repeat. At least one slot. */
  gather(slots: Int32Array): RecordBatch {
    const [only] = this.#parts;
    assert(only !== undefined && slots.length > 0, "there are rows to gather");
    if (this.#parts.length === 1) return takeRows(only.batch, slots, slots.length);
    const rowsOf: number[][] = this.#parts.map(() => []);
    const partOf = new Int32Array(slots.length);
    for (let i = 0; i < slots.length; i += 1) {
      const part = this.#partOf(slots[i] as number);
      partOf[i] = part;
      (rowsOf[part] as number[]).push((slots[i] as number) - (this.#parts[part] as Part).start);
    }
    const next = new Int32Array(this.#parts.length);
    const taken: RecordBatch[] = [];
    let start = 0;
    for (const [part, rows] of rowsOf.entries()) {
      next[part] = start;
      start += rows.length;
      if (rows.length === 0) continue;
      const { batch } = this.#parts[part] as Part;
      taken.push(takeRows(batch, Int32Array.from(rows), rows.length));
    }
    const all = concatBatches(taken);
    if (taken.length === 1) return all;
    const order = partOf.map((part) => (next[part] = (next[part] as number) + 1) - 1);
    return takeRows(all, order, order.length);
  }

  get sizeBytes(): number {
    return this.#parts.reduce((sum, { batch }) => sum + batch.data.byteLength, 0);
  }
}
