import { compileExpression, isValidAt, valueReader } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { SortKey } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { compareValues } from "../aggregate/compare-values.ts";
import { type EventOrder, orderKeyCount } from "../aggregate/event-order.ts";
import { isReadAsNumber, readNumbers } from "../aggregate/read-numbers.ts";

/** Values of one sort key by row: numbers that ascend as the order does, or plain values. */
type KeyValues = Float64Array | unknown[];

/** Reads the sort keys of a batch's rows. */
export class SortReader {
  readonly #keys: readonly {
    readonly evaluate: (batch: RecordBatch) => Data;
    readonly type: DataType;
    readonly sign: 1 | -1;
  }[];

  constructor(orderBy: readonly SortKey[]) {
    this.#keys = orderBy.map(({ expression, isDescending }) => {
      const program = compileExpression(expression);
      return {
        evaluate: (batch) => program.evaluate(batch),
        type: expression.type,
        sign: isDescending ? -1 : 1,
      };
    });
  }

  read(batch: RecordBatch): KeyValues[] {
    return this.#keys.map(({ evaluate, type, sign }) => {
      const data = evaluate(batch);
      return isReadAsNumber(type)
        ? signedNumbers(data, batch.numRows, sign)
        : plainValues(data, type, batch.numRows);
    });
  }
}

/** Numbers that ascend as the order does; NaN stands for null, and infinite for NaN. */
function signedNumbers(data: Data, count: number, sign: 1 | -1): Float64Array {
  const values = readNumbers(data);
  const out = new Float64Array(count);
  const hasNulls = data.nullCount > 0;
  for (let row = 0; row < count; row += 1) {
    const value = values[row] as number;
    out[row] = (value !== value ? Infinity : value) * sign;
    if (hasNulls && !isValidAt(data, row)) out[row] = Number.NaN;
  }
  return out;
}

function plainValues(data: Data, type: DataType, count: number): unknown[] {
  const read = valueReader(type);
  const out: unknown[] = [];
  for (let row = 0; row < count; row += 1) {
    out.push(isValidAt(data, row) ? read(data, row) : null);
  }
  return out;
}

/**
 * Sort keys of kept rows by slot, then event time and lineage where rows of equal keys go by them.
 */
export class SortValues {
  readonly #signs: readonly (1 | -1)[];
  /** 1: the earlier row comes first; −1: the later; 0: event order does not matter. */
  readonly #tieSign: 1 | -1 | 0;
  #numbers: (Float64Array | undefined)[];
  readonly #plain: unknown[][];
  #orderKeys = new Float64Array(0);
  #capacity = 0;

  constructor(orderBy: readonly SortKey[], tieSign: 1 | -1 | 0) {
    this.#signs = orderBy.map(({ isDescending }) => (isDescending ? -1 : 1));
    this.#tieSign = tieSign;
    this.#numbers = orderBy.map(({ expression }) =>
      isReadAsNumber(expression.type) ? new Float64Array(0) : undefined,
    );
    this.#plain = orderBy.map(() => []);
  }

  ensure(slots: number): void {
    if (slots <= this.#capacity) return;
    this.#capacity = Math.max(slots, this.#capacity * 2, 16);
    this.#numbers = this.#numbers.map((values) => values && grown(values, this.#capacity));
    if (this.#tieSign !== 0) {
      this.#orderKeys = grown(this.#orderKeys, this.#capacity * orderKeyCount);
    }
  }

  /** Sets a slot's keys from a row of a batch. */
  set(slot: number, values: readonly KeyValues[], order: EventOrder, row: number): void {
    for (let key = 0; key < values.length; key += 1) {
      const numbers = this.#numbers[key];
      const value = (values[key] as KeyValues)[row];
      if (numbers === undefined) (this.#plain[key] as unknown[])[slot] = value;
      else numbers[slot] = value as number;
    }
    if (this.#tieSign === 0) return;
    const columns = order.columns();
    for (let key = 0; key < orderKeyCount; key += 1) {
      this.#orderKeys[slot * orderKeyCount + key] = (columns[key] as Float64Array)[row] as number;
    }
  }

  /** Takes over the keys of other slots: slot i has those of `slots[i]`. */
  take(from: SortValues, slots: Int32Array): void {
    this.ensure(slots.length);
    for (const [i, slot] of slots.entries()) {
      for (const [key, numbers] of this.#numbers.entries()) {
        if (numbers !== undefined) numbers[i] = from.#numbers[key]?.[slot] as number;
        else (this.#plain[key] as unknown[])[i] = from.#plain[key]?.[slot];
      }
      if (this.#tieSign === 0) continue;
      const at = slot * orderKeyCount;
      this.#orderKeys.set(from.#orderKeys.subarray(at, at + orderKeyCount), i * orderKeyCount);
    }
  }

  /** Whether a row of a batch surely comes after a slot, by what is cheap to see. */
  isAfter(slot: number, values: readonly KeyValues[], order: EventOrder, row: number): boolean {
    const [numbers] = this.#numbers;
    if (numbers !== undefined) {
      const value = (values[0] as Float64Array)[row] as number;
      const kept = numbers[slot] as number;
      return value > kept || (value !== value && kept === kept);
    }
    if (this.#numbers.length > 0 || this.#tieSign === 0) return false;
    const time = order.columns()[0]?.[row] as number;
    return (time - (this.#orderKeys[slot * orderKeyCount] as number)) * this.#tieSign > 0;
  }

  /** Orders two slots by the sort keys alone. */
  compareKeys(left: number, right: number): number {
    for (let key = 0; key < this.#numbers.length; key += 1) {
      const numbers = this.#numbers[key];
      const order =
        numbers === undefined
          ? comparePlain(this.#plain[key] as unknown[], left, right, this.#signs[key] as 1 | -1)
          : compareNumbers(numbers[left] as number, numbers[right] as number);
      if (order !== 0) return order;
    }
    return 0;
  }

  /** Event time of a slot, where rows of equal keys go by it. */
  timeOf(slot: number): number {
    return this.#orderKeys[slot * orderKeyCount] as number;
  }

  /** Orders two slots of equal sort keys by event order, where it matters. */
  compareOrderKeys(left: number, right: number): number {
    if (this.#tieSign === 0) return 0;
    for (let key = 0; key < orderKeyCount; key += 1) {
      const a = this.#orderKeys[left * orderKeyCount + key] as number;
      const b = this.#orderKeys[right * orderKeyCount + key] as number;
      if (a !== b) return a < b ? -this.#tieSign : this.#tieSign;
    }
    return 0;
  }

  get sizeBytes(): number {
    const numbers = this.#numbers.reduce((sum, values) => sum + (values?.byteLength ?? 0), 0);
    const plain = this.#plain.reduce((sum, values) => sum + values.length * 32, 0);
    return numbers + plain + this.#orderKeys.byteLength;
  }
}

function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(a !== a) - Number(b !== b);
}

function comparePlain(values: unknown[], left: number, right: number, sign: 1 | -1): number {
  const a = values[left];
  const b = values[right];
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compareValues(a, b) * sign;
}

function grown(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const made = new Float64Array(length);
  made.set(values);
  return made;
}
