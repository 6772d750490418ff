import { concatBatches, GroupTable, hashColumns, mapToInts, takeRows } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import { type SameValue, sameValue } from "../updating/same-value.ts";

/** Batches of kept rows before they are brought together. */
const batchesMax = 32;

/** Rows to take back and rows to bring, in that order. */
export interface RowChanges {
  readonly before: RecordBatch | undefined;
  readonly after: RecordBatch | undefined;
}

/**
 * The rows that have been given out of one window, one per key at a time.
 *
 * Rows stand in the batches in which they were given out, so keeping one costs no copy; when more
 * of them are old than not, the others are copied together.
 */
export class EmittedWindow {
  readonly groups: GroupTable;
  readonly #keyCount: number;
  /** The output's columns, without `$time`, which follows from the window. */
  readonly #fields: readonly FieldType[];
  #batches: RecordBatch[] = [];
  #rowCount = 0;
  /** Batch and row of each group's row. */
  #places = new Int32Array(16);
  /** By group: 1 while its row stands, 0 when it has been taken back. */
  #stands = new Uint8Array(8);
  #isChanged = new Uint8Array(8);
  #changed: number[] = [];
  /** The greatest `windowEnd` of a row so far. */
  lastEnd: number = -Infinity;

  /** @param fields columns of a row, the keys first */
  constructor(keys: readonly FieldType[], fields: readonly FieldType[], operatorId: string) {
    this.groups = new GroupTable(keys, { operatorId });
    this.#keyCount = keys.length;
    this.#fields = fields;
  }

  /** Puts rows in the place of those of their keys; gives what has changed by it. */
  replace(rows: RecordBatch): RowChanges {
    const groups = this.#groupsOf(rows);
    const outdated: number[] = [];
    const fresh: number[] = [];
    const comparisons = new Map<number, readonly SameValue[]>();
    for (let row = 0; row < rows.numRows; row += 1) {
      const group = groups[row] as number;
      if (this.#stands[group] === 1) {
        const batch = this.#places[group * 2] as number;
        const compared = comparisons.get(batch) ?? this.#comparisonsWith(batch, rows);
        comparisons.set(batch, compared);
        const at = this.#places[group * 2 + 1] as number;
        if (compared.every((isSame) => isSame(row, at))) continue;
        outdated.push(group);
      }
      fresh.push(row);
    }
    if (fresh.length === 0) return { before: undefined, after: undefined };
    const before = this.#rowsOf(outdated);
    const isAll = fresh.length === rows.numRows;
    const after = isAll ? rows : takeRows(rows, Int32Array.from(fresh), fresh.length);
    this.#put(
      after,
      fresh.map((row) => groups[row] as number),
      1,
    );
    for (const row of fresh) this.#markChanged(groups[row] as number);
    return { before, after };
  }

  /** Takes back the rows of keys, where there are any: row `rows[i]` of the columns. */
  remove(keys: readonly Data[], hashes: Uint32Array, rows: readonly number[]): RowChanges {
    const gone: number[] = [];
    for (const row of rows) {
      const group = this.groups.find(keys, hashes, row);
      if (group < 0 || this.#stands[group] !== 1) continue;
      gone.push(group);
    }
    const before = this.#rowsOf(gone);
    for (const group of gone) {
      this.#stands[group] = 0;
      this.#markChanged(group);
    }
    return { before, after: undefined };
  }

  /** Sets rows from saved state; they do not count as changed. */
  restore(rows: RecordBatch, stands: (row: number) => 0 | 1): void {
    const groups = this.#groupsOf(rows);
    const all = Array.from({ length: rows.numRows }, (_, row) => groups[row] as number);
    this.#put(rows, all, 1);
    for (const [row, group] of all.entries()) this.#stands[group] = stands(row);
  }

  #groupsOf(rows: RecordBatch): Int32Array {
    const keys = rows.data.children.slice(0, this.#keyCount) as Data[];
    const groups = new Int32Array(rows.numRows);
    this.groups.lookup(keys, hashColumns(keys, rows.numRows), undefined, rows.numRows, groups);
    if (this.groups.size > this.#stands.length) {
      const room = Math.max(this.groups.size, this.#stands.length * 2);
      this.#places = grown(this.#places, new Int32Array(room * 2));
      this.#stands = grown(this.#stands, new Uint8Array(room));
      this.#isChanged = grown(this.#isChanged, new Uint8Array(room));
    }
    return groups;
  }

  #put(rows: RecordBatch, groups: readonly number[], stands: 0 | 1): void {
    const batch = this.#batches.push(rows) - 1;
    this.#rowCount += rows.numRows;
    for (const [row, group] of groups.entries()) {
      this.#places[group * 2] = batch;
      this.#places[group * 2 + 1] = row;
      this.#stands[group] = stands;
    }
    const isWasteful = this.#rowCount > this.groups.size * 2 + 1024;
    if (this.#batches.length > batchesMax || isWasteful) this.#compact();
  }

  #compact(): void {
    const all = Array.from({ length: this.groups.size }, (_, group) => group);
    const { rows, order } = this.#gathered(all);
    this.#batches = [rows];
    this.#rowCount = rows.numRows;
    for (const [row, group] of order.entries()) {
      this.#places[group * 2] = 0;
      this.#places[group * 2 + 1] = row;
    }
  }

  /** Compares columns of rows with those of a kept batch; the keys are the same anyway. */
  #comparisonsWith(batch: number, rows: RecordBatch): SameValue[] {
    const kept = this.#batches[batch] as RecordBatch;
    const comparisons: SameValue[] = [];
    for (let column = this.#keyCount; column < this.#fields.length; column += 1) {
      const [left, right] = [rows.data.children[column], kept.data.children[column]];
      const { type } = this.#fields[column] as FieldType;
      comparisons.push(sameValue(type, left as Data, right as Data));
    }
    return comparisons;
  }

  #rowsOf(groups: readonly number[]): RecordBatch | undefined {
    return groups.length === 0 ? undefined : this.#gathered(groups).rows;
  }

  /** The rows of groups, batch by batch. */
  #gathered(groups: readonly number[]): { rows: RecordBatch; order: number[] } {
    const byBatch = new Map<number, number[]>();
    for (const group of groups) {
      const batch = this.#places[group * 2] as number;
      const found = byBatch.get(batch);
      if (found === undefined) byBatch.set(batch, [group]);
      else found.push(group);
    }
    const parts = [...byBatch].map(([batch, members]) => {
      const rows = mapToInts(members, (group) => this.#places[group * 2 + 1] as number);
      return takeRows(this.#batches[batch] as RecordBatch, rows, rows.length);
    });
    return { rows: concatBatches(parts), order: [...byBatch.values()].flat() };
  }

  #markChanged(group: number): void {
    if (this.#isChanged[group] === 1) return;
    this.#isChanged[group] = 1;
    this.#changed.push(group);
  }

  /** Groups changed since the last call, and marks them as unchanged. */
  takeChanged(): readonly number[] {
    const changed = this.#changed;
    for (const group of changed) this.#isChanged[group] = 0;
    this.#changed = [];
    return changed;
  }

  /** Rows of groups as state: as they stand or last stood, and which of the two. */
  stateOf(groups: readonly number[]): {
    readonly rows: RecordBatch;
    readonly groups: readonly number[];
    readonly stands: Int32Array;
  } {
    const { rows, order } = this.#gathered(groups);
    const stands = mapToInts(order, (group) => this.#stands[group] as number);
    return { rows, groups: order, stands };
  }

  /** Bytes held, roughly: rows are counted as eight bytes a column. */
  get sizeBytes(): number {
    const marks = this.#places.byteLength + this.#stands.byteLength + this.#isChanged.byteLength;
    return this.groups.sizeBytes + marks + this.#rowCount * this.#fields.length * 8;
  }

  /** All groups, of rows that stand or do not. */
  all(): number[] {
    return Array.from(Scratch.identity(this.groups.size).subarray(0, this.groups.size));
  }
}

function grown<Values extends Int32Array | Uint8Array>(from: Values, into: Values): Values {
  into.set(from);
  return into;
}
