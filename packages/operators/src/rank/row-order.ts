import type { TopRowsSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { EventOrder } from "../aggregate/event-order.ts";
import type { KeptRows } from "./kept-rows.ts";
import { SortReader, SortValues } from "./sort-values.ts";

/**
 * The order of a group's rows: sort keys, then event order where rows stay (what is taken back need
 * not know when it came), then content. Rows that it does not tell apart are equal.
 */
export class RowOrder {
  readonly #spec: TopRowsSpec;
  readonly #kept: KeptRows;
  readonly #reader: SortReader;
  readonly #orderKeys = new EventOrder();
  #values: SortValues;
  #read: ReturnType<SortReader["read"]> = [];

  constructor(spec: TopRowsSpec, kept: KeptRows) {
    this.#spec = spec;
    this.#kept = kept;
    this.#reader = new SortReader(spec.orderBy);
    this.#values = this.#fresh();
  }

  #fresh(): SortValues {
    const { orderBy, retracts, tieOrder } = this.#spec;
    return new SortValues(orderBy, retracts ? 0 : tieOrder === "first" ? 1 : -1);
  }

  /** Reads the sort keys of a batch, for `isAfter` and `keep`. */
  prepare(batch: RecordBatch): void {
    this.#read = this.#reader.read(batch);
    this.#orderKeys.reset(batch);
  }

  /** Whether a row of the batch surely comes after a slot; false where that is not cheap to see. */
  isAfter(row: number, slot: number): boolean {
    return this.#values.isAfter(slot, this.#read, this.#orderKeys, row);
  }

  /** Remembers the sort keys of rows of the batch for the slots from `start` on. */
  keep(start: number, rows: Int32Array, count: number): void {
    this.#values.ensure(start + count);
    for (let i = 0; i < count; i += 1) {
      this.#values.set(start + i, this.#read, this.#orderKeys, rows[i] as number);
    }
  }

  /** Renumbers: slot i is what `slots[i]` was. */
  renumber(slots: Int32Array): void {
    const values = this.#fresh();
    values.take(this.#values, slots);
    this.#values = values;
  }

  /** Event time of a slot's row. */
  timeOf(slot: number): number {
    return this.#values.timeOf(slot);
  }

  /** Whether two slots have equal sort keys. */
  readonly isTied = (left: number, right: number): boolean =>
    this.#values.compareKeys(left, right) === 0;

  compare(left: number, right: number): number {
    const order =
      this.#values.compareKeys(left, right) || this.#values.compareOrderKeys(left, right);
    if (order !== 0) return order;
    return this.#kept.compareContent(left, right);
  }

  /** Where a slot stands in a sorted list, or would stand after its equals. */
  search(
    list: readonly number[],
    slot: number,
  ): { readonly at: number; readonly isFound: boolean } {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = this.compare(slot, list[middle] as number);
      if (order === 0) return { at: middle, isFound: true };
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return { at: low, isFound: false };
  }

  get sizeBytes(): number {
    return this.#values.sizeBytes;
  }
}
