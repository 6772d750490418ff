import {
  batchSchema,
  columnOf,
  GroupTable,
  hashColumns,
  int32Column,
  int64Column,
  makeBatch,
  mapToBytes,
  mapToFloats,
  mapToInts,
} from "@millrace/columnar";
import { type FieldType, keyGroupColumn, keyGroupOf, type StateTable } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";

const timeColumn = "$first";
const compactFrom = 1_024;

/**
 * Keys with the time of the row that was kept, as a state table: `{$keyGroup, $first, keys…}`.
 *
 * A key is forgotten when the watermark reaches its time plus `withinMs`. Forgotten keys leave
 * memory when they may be half of all, so that each costs O(1), and need no deletion record:
 * `restored` drops them by the watermark.
 */
export class SeenKeys implements StateTable {
  readonly name: string = "seen";
  readonly #keys: readonly FieldType[];
  readonly #withinMs: number;
  readonly #operatorId: string;
  readonly #schema: ReturnType<typeof batchSchema>;
  #groups: GroupTable;
  /** Time of the kept row by group; −Infinity where none is. */
  #times = new Float64Array(0);
  #isDirty = new Uint8Array(0);
  #dirty: number[] = [];
  #compactAt = compactFrom;

  constructor(keys: readonly FieldType[], withinMs: number, operatorId: string) {
    this.#keys = keys;
    this.#withinMs = withinMs;
    this.#operatorId = operatorId;
    this.#groups = this.#newGroups();
    this.#schema = batchSchema([
      { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
      { name: timeColumn, type: { kind: "int64", as: "number", nullable: false } },
      ...keys,
    ]);
  }

  #newGroups(): GroupTable {
    return new GroupTable(this.#keys, { operatorId: this.#operatorId });
  }

  /**
   * Chooses the rows to keep, of a batch in event order.
   *
   * @param kept their indexes
   * @returns their count
   */
  keepFirst(batch: RecordBatch, times: Float64Array, kept: Int32Array): number {
    const groups = this.#groupsOf(batch);
    let count = 0;
    for (let row = 0; row < batch.numRows; row += 1) {
      const group = groups[row] as number;
      const time = times[row] as number;
      if (time < (this.#times[group] as number) + this.#withinMs) continue;
      this.#times[group] = time;
      kept[count++] = row;
      if (this.#isDirty[group] === 1) continue;
      this.#isDirty[group] = 1;
      this.#dirty.push(group);
    }
    return count;
  }

  #groupsOf(batch: RecordBatch): Int32Array {
    const columns = this.#keys.map(({ name }) => columnOf(batch, name));
    const groups = new Int32Array(batch.numRows);
    const hashes = hashColumns(columns, batch.numRows);
    this.#groups.lookup(columns, hashes, undefined, batch.numRows, groups);
    this.#ensure();
    return groups;
  }

  #ensure(): void {
    const { size } = this.#groups;
    if (size <= this.#times.length) return;
    const times = new Float64Array(Math.max(size, this.#times.length * 2)).fill(-Infinity);
    times.set(this.#times);
    const isDirty = new Uint8Array(times.length);
    isDirty.set(this.#isDirty);
    this.#times = times;
    this.#isDirty = isDirty;
  }

  /** Frees forgotten keys, when enough may have gathered. */
  forget(watermark: number): void {
    if (this.#groups.size >= this.#compactAt) this.#compact(watermark);
  }

  #compact(watermark: number): void {
    const isOpen = (group: number): boolean =>
      (this.#times[group] as number) + this.#withinMs > watermark;
    const open = Int32Array.from(this.#all().filter(isOpen));
    const columns = this.#groups.keyColumns(open, open.length);
    const times = mapToFloats(open, (group) => this.#times[group] as number);
    const isDirty = mapToBytes(open, (group) => this.#isDirty[group] as number);
    this.#groups = this.#newGroups();
    const groups = new Int32Array(open.length);
    const hashes = hashColumns(columns, open.length);
    this.#groups.lookup(columns, hashes, undefined, open.length, groups);
    // The groups are numbered in the order in which they are looked up.
    this.#times = times;
    this.#isDirty = isDirty;
    this.#dirty = Array.from(groups).filter((group) => isDirty[group] === 1);
    this.#compactAt = Math.max(compactFrom, open.length * 2);
  }

  #all(): number[] {
    return Array.from({ length: this.#groups.size }, (_, group) => group);
  }

  takeDelta(): readonly RecordBatch[] {
    const rows = this.#stateRows(this.#dirty);
    for (const group of this.#dirty) this.#isDirty[group] = 0;
    this.#dirty = [];
    return rows;
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const groups = this.#all().filter((group) => {
      const keyGroup = keyGroupOf(this.#groups.hashOf(group));
      return keyGroup >= from && keyGroup < to && (this.#times[group] as number) > -Infinity;
    });
    return this.#stateRows(groups);
  }

  #stateRows(groups: readonly number[]): RecordBatch[] {
    const count = groups.length;
    if (count === 0) return [];
    const keyGroups = mapToInts(groups, (group) => keyGroupOf(this.#groups.hashOf(group)));
    const times = mapToFloats(groups, (group) => this.#times[group] as number);
    const columns: Data[] = [
      int32Column(keyGroups, count),
      int64Column(times, count),
      ...this.#groups.keyColumns(Int32Array.from(groups), count),
    ];
    return [makeBatch(this.#schema, columns, count)];
  }

  restore(rows: RecordBatch): void {
    const groups = this.#groupsOf(rows);
    const times = readNumbers(columnOf(rows, timeColumn));
    for (let row = 0; row < rows.numRows; row += 1) {
      this.#times[groups[row] as number] = times[row] as number;
    }
  }

  restored(watermark: number): void {
    this.#compact(watermark);
  }

  get rowCount(): number {
    return this.#groups.size;
  }

  get sizeBytes(): number {
    return this.#groups.sizeBytes + this.#times.byteLength + this.#isDirty.byteLength;
  }
}
