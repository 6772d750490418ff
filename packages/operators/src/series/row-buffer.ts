import {
  columnOf,
  concatBatches,
  hashColumns,
  mapToFloats,
  mapToInts,
  takeRows,
} from "@millrace/columnar";
import { hiddenColumns, keyGroupOf, lineageColumns, type StateTable } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";
import { type NumberedRows, NumberedRowsFormat, RestoredRows } from "../numbered-rows.ts";

/** Rows that wait, with their times. */
interface Waiting extends NumberedRows {
  readonly times: Float64Array;
}

/**
 * Rows that wait for the watermark, and their state table: `{$keyGroup, $sequence, columns of the
 * rows…}`.
 *
 * Rows that were taken are not deleted from the changelog: their time is before the watermark, so
 * `restored` drops them. A row that comes twice, in a snapshot and a delta, is known by its number.
 */
export class RowBuffer implements StateTable {
  readonly name: string = "rows";
  readonly #keys: readonly string[];
  readonly #tieColumns: readonly string[];
  #waiting: Waiting[] = [];
  #nextSequence = 0;
  /** Rows from this number on are not in the changelog yet. */
  #deltaFrom = 0;
  #restoring = new RestoredRows();
  readonly #format = new NumberedRowsFormat();

  /**
   * @param tieColumns number columns that order rows of equal time, before lineage; null comes
   *   first
   */
  constructor(keys: readonly string[], tieColumns: readonly string[] = []) {
    this.#keys = keys;
    this.#tieColumns = tieColumns;
  }

  /** Adds rows; the batch is kept. */
  add(batch: RecordBatch): void {
    if (batch.numRows === 0) return;
    const times = timesOf(batch);
    const sequence = new Float64Array(batch.numRows);
    for (let i = 0; i < sequence.length; i += 1) sequence[i] = this.#nextSequence + i;
    this.#nextSequence += batch.numRows;
    this.#waiting.push({ batch, times, sequence });
  }

  /**
   * Removes the rows before a time, and gives them in event order: time, tie columns, lineage
   * columns where there are any, then arrival. Zero-copy when one batch waits, all of it is before
   * the time and in order.
   */
  takeBefore(watermark: number): RecordBatch | undefined {
    if (this.#waiting.length === 0) return undefined;
    const merged = this.#merged();
    const { batch, times } = merged;
    const ready: number[] = [];
    const rest: number[] = [];
    for (let row = 0; row < batch.numRows; row += 1) {
      ((times[row] as number) < watermark ? ready : rest).push(row);
    }
    this.#waiting = rest.length === 0 ? [] : [pick(merged, Int32Array.from(rest))];
    if (ready.length === 0) return undefined;
    const compare = this.#eventOrder(batch, times);
    const isInOrder = ready.every((row, i) => i === 0 || compare(ready[i - 1] as number, row) < 0);
    if (isInOrder && rest.length === 0) return batch;
    const sorted = Int32Array.from(ready);
    if (!isInOrder) sorted.sort(compare);
    return takeRows(batch, sorted, sorted.length);
  }

  #merged(): Waiting {
    const [first, ...others] = this.#waiting as [Waiting, ...Waiting[]];
    if (others.length === 0) return first;
    const batch = concatBatches(this.#waiting.map((w) => w.batch));
    const sequence = new Float64Array(batch.numRows);
    let at = 0;
    for (const waiting of this.#waiting) {
      sequence.set(waiting.sequence, at);
      at += waiting.sequence.length;
    }
    const merged = { batch, times: timesOf(batch), sequence };
    this.#waiting = [merged];
    return merged;
  }

  takeDelta(): readonly RecordBatch[] {
    const from = this.#deltaFrom;
    this.#deltaFrom = this.#nextSequence;
    return this.#stateRows((_, sequence) => sequence >= from);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    return this.#stateRows((keyGroup) => keyGroup >= from && keyGroup < to);
  }

  #stateRows(isWanted: (keyGroup: number, sequence: number) => boolean): RecordBatch[] {
    if (this.#waiting.length === 0) return [];
    const { batch, sequence } = this.#merged();
    const keyColumns = this.#keys.map((key) => columnOf(batch, key));
    const hashes = hashColumns(keyColumns, batch.numRows);
    const rows: number[] = [];
    for (let row = 0; row < batch.numRows; row += 1) {
      const keyGroup = keyGroupOf(hashes[row] as number);
      if (isWanted(keyGroup, sequence[row] as number)) rows.push(row);
    }
    if (rows.length === 0) return [];
    const taken = takeRows(batch, Int32Array.from(rows), rows.length);
    const keyGroups = mapToInts(rows, (row) => keyGroupOf(hashes[row] as number));
    const numbers = mapToFloats(rows, (row) => sequence[row] as number);
    return [this.#format.encode({ batch: taken, sequence: numbers }, keyGroups)];
  }

  restore(rows: RecordBatch): void {
    this.#restoring.add(rows);
  }

  restored(watermark: number): void {
    const restoring = this.#restoring;
    this.#restoring = new RestoredRows();
    this.#nextSequence = restoring.nextSequence;
    this.#deltaFrom = restoring.nextSequence;
    const rows = restoring.take();
    if (rows === undefined) return;
    const all = { ...rows, times: timesOf(rows.batch) };
    const open: number[] = [];
    for (let row = 0; row < all.batch.numRows; row += 1) {
      if ((all.times[row] as number) >= watermark) open.push(row);
    }
    this.#waiting = open.length === 0 ? [] : [pick(all, Int32Array.from(open))];
  }

  #eventOrder(batch: RecordBatch, times: Float64Array): (a: number, b: number) => number {
    const ties = this.#tieColumns.map((name) => tieBreak(columnOf(batch, name)));
    const lineage = lineageColumns
      .map((name) => findColumn(batch, name))
      .filter((data) => data !== undefined)
      .map((data) => readNumbers(data));
    const columns = [...ties, ...lineage];
    return (a, b) => {
      const order = (times[a] as number) - (times[b] as number);
      if (order !== 0) return order;
      for (const column of columns) {
        const left = column[a] as number;
        const right = column[b] as number;
        if (left !== right) return left < right ? -1 : 1;
      }
      return a - b;
    };
  }

  get rowCount(): number {
    return this.#waiting.reduce((sum, { batch }) => sum + batch.numRows, 0);
  }

  get sizeBytes(): number {
    return this.#waiting.reduce((sum, { batch }) => sum + batch.data.byteLength, 0);
  }
}

function timesOf(batch: RecordBatch): Float64Array {
  return readNumbers(columnOf(batch, hiddenColumns.time));
}

function pick(from: Waiting, rows: Int32Array): Waiting {
  if (rows.length === from.batch.numRows && rows.every((row, i) => row === i)) return from;
  return {
    batch: takeRows(from.batch, rows, rows.length),
    times: mapToFloats(rows, (row) => from.times[row] as number),
    sequence: mapToFloats(rows, (row) => from.sequence[row] as number),
  };
}

/** The column's numbers; null is before all of them, NaN after. */
function tieBreak(column: Data): Float64Array {
  const numbers = Float64Array.from(readNumbers(column), (n) => (Number.isNaN(n) ? Infinity : n));
  for (let row = 0; row < numbers.length; row += 1) {
    if (!column.getValid(row)) numbers[row] = -Infinity;
  }
  return numbers;
}
