import { columnOf, GroupTable, hashColumns, mapToFloats } from "@millrace/columnar";
import {
  type Collector,
  type FieldType,
  hiddenColumns,
  keyGroupOf,
  type OperatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { KeptRows, type RestoredRows } from "../rank/kept-rows.ts";
import { OrderedInput } from "../series/ordered-input.ts";
import { keyFieldsOf } from "../window/plan-calls.ts";

/** Rows that the watermark has passed, in event order, in slots from `start` to `end`. */
export interface TakenRows {
  readonly batch: RecordBatch;
  readonly start: number;
  readonly end: number;
}

/** What rows by slot ask of their operator. */
export interface KeyedRowsOptions {
  readonly input: RowSchema;
  readonly keys: readonly string[];
  readonly operatorId: string;
  readonly counts: OperatorCounts;
  /** Whether a row that is let go must be deleted from the changelog; else it is found out anew. */
  readonly deletes: boolean;
  /**
   * All kept rows have new slots and groups, in event order within each key.
   *
   * @param watermark present when they were restored
   */
  onRenumbered(watermark: number | undefined): void;
}

/**
 * The rows that an event-ordered operator keeps of each key, by slot: late ones go aside, others
 * wait for the watermark, and then stay for as long as the operator holds them.
 *
 * **State** rows that wait, and the rows that are held with 26 bytes for each; bounded by
 * `limits.groupsMax` rows
 */
export class KeyedRows {
  readonly state: readonly StateTable[];
  /** Event times by slot; another array once rows were added. */
  times: Float64Array = new Float64Array(16);
  readonly #options: KeyedRowsOptions;
  readonly #keys: readonly FieldType[];
  readonly #input: OrderedInput;
  readonly #kept: KeptRows;
  #groups: GroupTable;

  constructor(options: KeyedRowsOptions) {
    const { input, keys, operatorId, deletes, counts } = options;
    this.#options = options;
    this.#keys = keyFieldsOf(keys, input);
    this.#groups = this.#noGroups();
    this.#input = new OrderedInput(input, keys, counts);
    this.#kept = new KeptRows({
      input,
      operatorId,
      deletes,
      keyGroupOf: (group) => keyGroupOf(this.#groups.hashOf(group)),
      onRestored: (rows, watermark) => this.#restore(rows, watermark),
    });
    this.state = [this.#input.buffer, this.#kept];
  }

  #noGroups(): GroupTable {
    return new GroupTable(this.#keys, { operatorId: this.#options.operatorId });
  }

  /** Takes rows in, as `Operator.process` does. */
  add(batch: RecordBatch, out: Collector): void {
    this.#input.add(batch, out);
  }

  /** Gives the rows before the watermark slots. They are let go unless `hold` is called. */
  take(watermark: number): TakenRows | undefined {
    const batch = this.#input.buffer.takeBefore(watermark);
    if (batch === undefined) return undefined;
    const start = this.#kept.add(batch, this.#groupsOf(batch));
    this.#setTimes(start, batch);
    return { batch, start, end: this.#kept.size };
  }

  #groupsOf(batch: RecordBatch): Int32Array {
    const columns = this.#keys.map(({ name }) => columnOf(batch, name));
    const groups = new Int32Array(batch.numRows);
    const hashes = hashColumns(columns, batch.numRows);
    this.#groups.lookup(columns, hashes, undefined, batch.numRows, groups);
    return groups;
  }

  #setTimes(start: number, batch: RecordBatch): void {
    const needed = start + batch.numRows;
    if (needed > this.times.length) {
      const times = new Float64Array(Math.max(needed, this.times.length * 2));
      times.set(this.times);
      this.times = times;
    }
    const times = readNumbers(columnOf(batch, hiddenColumns.time));
    this.times.set(times.subarray(0, batch.numRows), start);
  }

  /** Slots so far, those of rows that were let go included. */
  get size(): number {
    return this.#kept.size;
  }

  /** Keys that were met since the slots were last renumbered. */
  get groupCount(): number {
    return this.#groups.size;
  }

  groupOf(slot: number): number {
    return this.#kept.groupOf(slot);
  }

  isHeld(slot: number): boolean {
    return this.#kept.weightOf(slot) !== 0;
  }

  hold(slot: number): void {
    this.#kept.setWeight(slot, 1);
  }

  letGo(slot: number): void {
    this.#kept.setWeight(slot, 0);
  }

  /** The rows of some slots, in that order; a slot may repeat. At least one. */
  gather(slots: Int32Array): RecordBatch {
    return this.#kept.gather(slots);
  }

  /** Frees rows that were let go, when they are more than the others. Slots change. */
  tidy(): void {
    if (this.#kept.isWasteful) this.#renumber(undefined);
  }

  #renumber(watermark: number | undefined): void {
    this.#groups = this.#noGroups();
    const before = this.times;
    const slots = this.#kept.compact((rows) => this.#groupsOf(rows));
    this.times = mapToFloats(slots, (slot) => before[slot] as number);
    this.#options.onRenumbered(watermark);
  }

  #restore(rows: RestoredRows | undefined, watermark: number): void {
    if (rows !== undefined) {
      const start = this.#kept.size;
      this.#kept.addRestored(rows, this.#groupsOf(rows.batch));
      this.#setTimes(start, rows.batch);
    }
    this.#options.onRenumbered(watermark);
  }
}

/** An array of at least `size`, with the old values, then `rest`. */
export function grownSlots(values: Int32Array, size: number, rest: number): Int32Array {
  if (size <= values.length) return values;
  const grown = new Int32Array(Math.max(size, values.length * 2)).fill(rest, values.length);
  grown.set(values);
  return grown;
}
