import {
  batchSchema,
  columnOf,
  concatBatches,
  hashColumns,
  int32Column,
  int64Column,
  makeBatch,
  takeRows,
} from "@millrace/columnar";
import {
  type FieldType,
  hiddenColumns,
  keyGroupColumn,
  keyGroupOf,
  limits,
  lineageColumns,
  type StateTable,
} from "@millrace/core";
import { type Data, type RecordBatch, Schema } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";

const sequenceColumn = "$sequence";
const stateFields: readonly FieldType[] = [
  { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
  { name: sequenceColumn, type: { kind: "int64", as: "number", nullable: false } },
];

/** Rows that wait, with their times and numbers. */
interface Waiting {
  readonly batch: RecordBatch;
  readonly times: Float64Array;
  /** Number of each row since the operator's beginning: its identity in the changelog. */
  readonly sequence: Float64Array;
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
  #waiting: Waiting[] = [];
  #nextSequence = 0;
  /** Rows from this number on are not in the changelog yet. */
  #deltaFrom = 0;
  #restoredRows = new Set<number>();
  #stateSchema: { readonly rows: Schema; readonly state: Schema } | undefined;

  constructor(keys: readonly string[]) {
    this.#keys = keys;
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
   * Removes the rows before a time, and gives them in event order: time, lineage columns where
   * there are any, then arrival. Zero-copy when one batch waits, all of it is before the time and
   * in order.
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
    const compare = eventOrder(batch, times);
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
    const keyGroups = Int32Array.from(rows, (row) => keyGroupOf(hashes[row] as number));
    const numbers = Float64Array.from(rows, (row) => sequence[row] as number);
    const columns: Data[] = [
      int32Column(keyGroups, rows.length),
      int64Column(numbers, rows.length),
      ...taken.data.children,
    ];
    return [makeBatch(this.#schemaOf(taken.schema), columns, rows.length)];
  }

  #schemaOf(rows: Schema): Schema {
    if (this.#stateSchema?.rows !== rows) {
      const state = new Schema([...batchSchema(stateFields).fields, ...rows.fields]);
      this.#stateSchema = { rows, state };
    }
    return this.#stateSchema.state;
  }

  restore(rows: RecordBatch): void {
    const keyGroups = readNumbers(columnOf(rows, keyGroupColumn));
    const sequence = readNumbers(columnOf(rows, sequenceColumn));
    const fresh: number[] = [];
    for (let row = 0; row < rows.numRows; row += 1) {
      const number = sequence[row] as number;
      const identity = number * limits.keyGroups + (keyGroups[row] as number);
      this.#nextSequence = Math.max(this.#nextSequence, number + 1);
      if (this.#restoredRows.has(identity)) continue;
      this.#restoredRows.add(identity);
      fresh.push(row);
    }
    this.#deltaFrom = this.#nextSequence;
    if (fresh.length === 0) return;
    const schema = new Schema(rows.schema.fields.slice(stateFields.length));
    const columns = rows.data.children.slice(stateFields.length);
    const batch = makeBatch(schema, columns, rows.numRows);
    const all = { batch, times: timesOf(batch), sequence };
    this.#waiting.push(pick(all, Int32Array.from(fresh)));
  }

  restored(watermark: number): void {
    this.#restoredRows = new Set();
    if (this.#waiting.length === 0) return;
    const merged = this.#merged();
    const open = [...merged.times.keys()].filter(
      (row) => (merged.times[row] as number) >= watermark,
    );
    // In the order in which they had arrived.
    open.sort((a, b) => (merged.sequence[a] as number) - (merged.sequence[b] as number));
    this.#waiting = open.length === 0 ? [] : [pick(merged, Int32Array.from(open))];
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
    times: Float64Array.from(rows, (row) => from.times[row] as number),
    sequence: Float64Array.from(rows, (row) => from.sequence[row] as number),
  };
}

function eventOrder(batch: RecordBatch, times: Float64Array): (a: number, b: number) => number {
  const lineage = lineageColumns
    .map((name) => findColumn(batch, name))
    .filter((data) => data !== undefined)
    .map((data) => readNumbers(data));
  return (a, b) => {
    const order = (times[a] as number) - (times[b] as number);
    if (order !== 0) return order;
    for (const column of lineage) {
      const difference = (column[a] as number) - (column[b] as number);
      if (difference !== 0) return difference;
    }
    return a - b;
  };
}
