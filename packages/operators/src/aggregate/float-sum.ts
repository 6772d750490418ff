import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";
import { numberColumn } from "./number-column.ts";

/** Slots of a group: running sum, what rounding lost, number of values. */
const width = 3;

function addTo(values: Float64Array, at: number, value: number, lost: number, n: number): void {
  const sum = values[at] as number;
  const next = sum + value;
  const rounding = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
  values[at] = next;
  values[at + 1] = (values[at + 1] as number) + rounding + lost;
  values[at + 2] = (values[at + 2] as number) + n;
}

/**
 * Sum or mean of numbers as float64, with Neumaier's compensation: the error does not grow with the
 * number of values, so the order of rows changes the result by a relative 1e-15 or so, unless large
 * values cancel.
 *
 * Rows are not taken back: `InvertibleMomentsAccumulator` does that.
 *
 * **State** 24 bytes a group.
 * **Source** Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
 * ZAMM 54, 1974.
 */
export class FloatSumAccumulator implements Accumulator {
  readonly #cells = new FloatCells(["sum", "lost", "count"]);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;
  readonly #type: DataType;
  readonly #isMean: boolean;

  constructor(type: DataType, options: { readonly isMean: boolean }) {
    this.#type = type;
    this.#isMean = options.isMean;
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  add(input: AggregateRows): void {
    const { values, rows, groups, count, weights } = input;
    const cells = this.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const at = (groups[i] as number) * width;
      const weight = weights === undefined ? 1 : (weights[row] as number);
      addTo(cells, at, weight * (values[row] as number), 0, weight);
    }
  }

  merge(other: FloatSumAccumulator, groups: Int32Array, count: number): void {
    const from = other.#cells.values;
    for (let i = 0; i < count; i += 1) {
      if ((groups[i] as number) < 0) continue;
      const at = i * width;
      addTo(
        this.#cells.values,
        (groups[i] as number) * width,
        from[at] as number,
        from[at + 1] as number,
        from[at + 2] as number,
      );
    }
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    const cells = this.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      const sum = cells[at] as number;
      const n = cells[at + 2] as number;
      // An infinite sum makes the compensation NaN, and is right as it is.
      const total = Number.isFinite(sum) ? sum + (cells[at + 1] as number) : sum;
      isValid[i] = n > 0 ? 1 : 0;
      out[i] = this.#isMean ? total / n : total;
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
