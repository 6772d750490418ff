import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";
import { numberColumn } from "./number-column.ts";

const width = 2;

/**
 * Least or greatest number. NaN counts only where all values are NaN; −0 is 0.
 *
 * **State** 16 bytes a group.
 */
export class NumberExtremeAccumulator implements Accumulator {
  readonly #cells = new FloatCells(["value", "count"]);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;
  readonly #type: DataType;
  /** 1 for min, −1 for max: max is the min of the negated values. */
  readonly #sign: 1 | -1;

  constructor(type: DataType, which: "min" | "max") {
    this.#type = type;
    this.#sign = which === "min" ? 1 : -1;
  }

  /** The extreme of a group that has a value. */
  valueOf(group: number): number {
    return this.#cells.values[group * width] as number;
  }

  dependsOn(group: number, input: AggregateRows, row: number): boolean {
    return Object.is((input.values[row] as number) + 0, this.valueOf(group));
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  #take(group: number, value: number, n: number): void {
    const cells = this.#cells.values;
    const at = group * width;
    const best = cells[at] as number;
    const before = cells[at + 1] as number;
    // A best that is NaN is replaced by anything.
    if (before === 0 || value * this.#sign < best * this.#sign || best !== best) {
      cells[at] = value + 0;
    }
    cells[at + 1] = before + n;
  }

  add(input: AggregateRows): void {
    const { values, rows, groups, count } = input;
    for (let i = 0; i < count; i += 1) {
      this.#take(groups[i] as number, values[rows[i] as number] as number, 1);
    }
  }

  merge(other: NumberExtremeAccumulator, groups: Int32Array, count: number): void {
    const from = other.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const n = from[i * width + 1] as number;
      const group = groups[i] as number;
      if (n > 0 && group >= 0) this.#take(group, from[i * width] as number, n);
    }
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      out[i] = this.#cells.values[at] as number;
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
