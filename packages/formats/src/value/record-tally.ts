import type { BadRecord } from "@millrace/core";

/**
 * Counts the records of one decoding, good and bad, and keeps the index of each good one once that
 * is not its row any more.
 */
export class RecordTally<Bad extends BadRecord = BadRecord> {
  /** Good records, which is also the row that comes next. */
  rows = 0;
  /** Index of the record that comes next. */
  next = 0;
  badRecords: Bad[] = [];
  #first = 0;
  #recordIndex: number[] = [];

  /** Starts a decoding whose first record has that index. */
  start(first: number): void {
    this.rows = 0;
    this.next = first;
    this.badRecords = [];
    this.#first = first;
    this.#recordIndex = [];
  }

  /** The record is good: a row. */
  accept(): void {
    this.rows++;
    if (this.badRecords.length > 0) this.#recordIndex.push(this.next);
    this.next++;
  }

  /** The record is refused. */
  refuse(bad: Bad): void {
    // Until now the rows were consecutive, which needs no index.
    if (this.badRecords.length === 0) {
      for (let row = 0; row < this.rows; row++) this.#recordIndex.push(this.#first + row);
    }
    this.badRecords.push(bad);
    this.next++;
  }

  /** The records' part of a decoding's result. */
  result(): { readonly recordIndex?: Int32Array; readonly badRecords: readonly Bad[] } {
    const { badRecords } = this;
    if (badRecords.length === 0) return { badRecords };
    return { recordIndex: Int32Array.from(this.#recordIndex), badRecords };
  }
}
