import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";
import { numberColumn } from "./number-column.ts";

const width = 2;

/**
 * Exact sum of whole numbers, kept as float64 within ±2^53.
 *
 * **State** 16 bytes a group.
 * **Errors** calls `overflow`, which throws, when a running sum leaves the exact range
 */
export class IntegerSumAccumulator implements Accumulator {
  readonly #cells = new FloatCells(["sum", "count"]);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;
  readonly #type: DataType;
  readonly #overflow: () => never;

  constructor(type: DataType, overflow: () => never) {
    this.#type = type;
    this.#overflow = overflow;
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  add(input: AggregateRows): void {
    const { values, rows, groups, count, weights } = input;
    const cells = this.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      const row = rows[i] as number;
      const weight = weights === undefined ? 1 : (weights[row] as number);
      const sum = (cells[at] as number) + weight * (values[row] as number);
      if (sum > Number.MAX_SAFE_INTEGER || sum < Number.MIN_SAFE_INTEGER) this.#overflow();
      cells[at] = sum;
      cells[at + 1] = (cells[at + 1] as number) + weight;
    }
  }

  merge(other: IntegerSumAccumulator, groups: Int32Array, count: number): void {
    const cells = this.#cells.values;
    const from = other.#cells.values;
    for (let i = 0; i < count; i += 1) {
      if ((groups[i] as number) < 0) continue;
      const at = (groups[i] as number) * width;
      const sum = (cells[at] as number) + (from[i * width] as number);
      if (!Number.isSafeInteger(sum)) this.#overflow();
      cells[at] = sum;
      cells[at + 1] = (cells[at + 1] as number) + (from[i * width + 1] as number);
    }
  }

  unmerge(other: IntegerSumAccumulator, groups: Int32Array, count: number): void {
    const cells = this.#cells.values;
    const from = other.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      cells[at] = (cells[at] as number) - (from[i * width] as number);
      cells[at + 1] = (cells[at + 1] as number) - (from[i * width + 1] as number);
    }
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      // Adding zero turns −0 into 0.
      out[i] = (this.#cells.values[at] as number) + 0;
      isValid[i] = (this.#cells.values[at + 1] as number) > 0 ? 1 : 0;
    }
    return numberColumn(this.#type, out, count, isValid);
  }

  stateColumns(groups: Int32Array, count: number): Data[] {
    return this.#cells.columns(groups, count);
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    this.#cells.restore(columns, groups, count);
  }

  get sizeBytes(): number {
    return this.#cells.sizeBytes;
  }
}
