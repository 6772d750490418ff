import { columnOf, GrowingRows, isValidAt, takeRows, valueReader } from "@millrace/columnar";
import { type DataType, hiddenColumns } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { isReadAsNumber, readNumbers } from "../aggregate/read-numbers.ts";

/** Numbers of a column by slot, read once. */
interface NumberCells {
  readonly name: string;
  values: Float64Array;
  isValid: Uint8Array;
}

/**
 * Rows that a match may still need, each with a slot: its place in columns that grow.
 *
 * **State** the rows, with room for up to as many again; 33 bytes each beside
 */
export class KeptRows {
  #rows: GrowingRows | undefined;
  #capacity = 0;
  times: Float64Array = new Float64Array(0);
  /** Number of the row among all that were ever kept. */
  sequence: Float64Array = new Float64Array(0);
  /** Bit i: whether the row may satisfy the condition of variable i, by itself. */
  conditions: Int32Array = new Int32Array(0);
  /** Bit i: whether the row may be what variable i must not have before it, by itself. */
  unless: Int32Array = new Int32Array(0);
  isGone: Uint8Array = new Uint8Array(0);
  /** Rows that are not gone. */
  liveCount: number = 0;
  nextSequence: number = 0;
  readonly #numbers: NumberCells[] = [];

  get count(): number {
    return this.#rows?.count ?? 0;
  }

  get batch(): RecordBatch | undefined {
    return this.#rows?.batch;
  }

  /**
   * Reads a column of a row by its slot. Ask for all readers before the first row comes.
   *
   * @returns the plain value; null for null
   */
  reader(name: string, type: DataType): (slot: number) => unknown {
    if (!isReadAsNumber(type)) {
      const read = valueReader(type);
      return (slot) => read(columnOf(this.#rows?.batch as RecordBatch, name), slot);
    }
    const cells = this.#cellsOf(name);
    return (slot) => (cells.isValid[slot] === 1 ? cells.values[slot] : null);
  }

  #cellsOf(name: string): NumberCells {
    const known = this.#numbers.find((cells) => cells.name === name);
    if (known !== undefined) return known;
    const cells = { name, values: new Float64Array(0), isValid: new Uint8Array(0) };
    this.#numbers.push(cells);
    return cells;
  }

  /** Appends rows; gives the slot of the first one. */
  append(
    batch: RecordBatch,
    bits: { readonly conditions: Int32Array; readonly unless: Int32Array },
    sequence?: Float64Array,
  ): number {
    const from = this.count;
    const to = from + batch.numRows;
    this.#rows ??= new GrowingRows(batch.schema);
    this.#rows.append(batch.data.children);
    if (to > this.#capacity) this.#grow(Math.max(to, this.#capacity * 2));
    this.times.set(
      readNumbers(columnOf(batch, hiddenColumns.time)).subarray(0, batch.numRows),
      from,
    );
    this.conditions.set(bits.conditions, from);
    this.unless.set(bits.unless, from);
    this.isGone.fill(0, from, to);
    for (let slot = from; slot < to; slot += 1) {
      this.sequence[slot] = sequence?.[slot - from] ?? this.nextSequence;
      this.nextSequence = Math.max(this.nextSequence, (this.sequence[slot] as number) + 1);
    }
    for (const cells of this.#numbers) readCells(cells, batch, from);
    this.liveCount += batch.numRows;
    return from;
  }

  #grow(capacity: number): void {
    this.#capacity = capacity;
    this.times = grown(this.times, capacity);
    this.sequence = grown(this.sequence, capacity);
    this.conditions = grown(this.conditions, capacity);
    this.unless = grown(this.unless, capacity);
    this.isGone = grown(this.isGone, capacity);
    for (const cells of this.#numbers) {
      cells.values = grown(cells.values, capacity);
      cells.isValid = grown(cells.isValid, capacity);
    }
  }

  /** Lets go of a row; its slot stays until `compact`. */
  drop(slot: number): void {
    this.isGone[slot] = 1;
    this.liveCount -= 1;
  }

  /**
   * Closes the gaps that dropped rows have left, when they are half of all. O(rows) amortised.
   *
   * @returns the new slot by the old one; undefined where nothing was done
   */
  compact(): Int32Array | undefined {
    const { count } = this;
    if (count === 0 || this.liveCount * 2 > count) return undefined;
    const renumbered = new Int32Array(count).fill(-1);
    const kept = new Int32Array(this.liveCount);
    let to = 0;
    for (let slot = 0; slot < count; slot += 1) {
      if (this.isGone[slot] === 1) continue;
      renumbered[slot] = to;
      kept[to] = slot;
      this.#move(slot, to);
      to += 1;
    }
    this.#rows?.keep(kept, to);
    return renumbered;
  }

  #move(from: number, to: number): void {
    this.times[to] = this.times[from] as number;
    this.sequence[to] = this.sequence[from] as number;
    this.conditions[to] = this.conditions[from] as number;
    this.unless[to] = this.unless[from] as number;
    this.isGone[to] = 0;
    for (const { values, isValid } of this.#numbers) {
      values[to] = values[from] as number;
      isValid[to] = isValid[from] as number;
    }
  }

  /** Some rows as a batch. */
  take(slots: Int32Array): RecordBatch | undefined {
    return slots.length === 0
      ? undefined
      : takeRows(this.batch as RecordBatch, slots, slots.length);
  }

  get sizeBytes(): number {
    const cells = this.#numbers.length * 9;
    return (this.#rows?.sizeBytes ?? 0) + this.#capacity * (25 + cells);
  }
}

function readCells(cells: NumberCells, batch: RecordBatch, from: number): void {
  const data = columnOf(batch, cells.name);
  const count = batch.numRows;
  cells.values.set(readNumbers(data).subarray(0, count), from);
  const hasNulls = data.nullCount > 0;
  for (let row = 0; row < count; row += 1) {
    cells.isValid[from + row] = hasNulls && !isValidAt(data, row) ? 0 : 1;
  }
}

function grown<Values extends Int32Array | Float64Array | Uint8Array>(
  from: Values,
  length: number,
): Values {
  const into = new (from.constructor as new (length: number) => Values)(length);
  into.set(from);
  return into;
}
