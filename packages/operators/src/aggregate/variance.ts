import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";
import { numberColumn } from "./number-column.ts";

/** Slots of a group: n, mean, sum of squared distances from the mean. */
const width = 3;

/**
 * Variance or standard deviation of the sample (n − 1); null for fewer than two values.
 *
 * Rows are not taken back: `InvertibleMomentsAccumulator` does that.
 *
 * **State** 24 bytes a group.
 * **Source** Welford, Technometrics 4, 1962; merge: Chan, Golub, LeVeque, "Updating formulae and a
 * pairwise algorithm for computing sample variances", 1979.
 */
export class VarianceAccumulator implements Accumulator {
  readonly #cells = new FloatCells(["count", "mean", "squares"]);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;
  readonly #type: DataType;
  readonly #isRoot: boolean;

  constructor(type: DataType, options: { readonly isRoot: boolean }) {
    this.#type = type;
    this.#isRoot = options.isRoot;
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
      const value = values[row] as number;
      const weight = weights === undefined ? 1 : (weights[row] as number);
      const n = (cells[at] as number) + weight;
      const distance = value - (cells[at + 1] as number);
      const mean = (cells[at + 1] as number) + (weight * distance) / n;
      cells[at] = n;
      cells[at + 1] = mean;
      cells[at + 2] = (cells[at + 2] as number) + weight * distance * (value - mean);
    }
  }

  merge(other: VarianceAccumulator, groups: Int32Array, count: number): void {
    const cells = this.#cells.values;
    const from = other.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const n = from[i * width] as number;
      if (n === 0 || (groups[i] as number) < 0) continue;
      const at = (groups[i] as number) * width;
      const before = cells[at] as number;
      const total = before + n;
      const distance = (from[i * width + 1] as number) - (cells[at + 1] as number);
      cells[at] = total;
      cells[at + 1] = (cells[at + 1] as number) + (distance * n) / total;
      cells[at + 2] =
        (cells[at + 2] as number) +
        (from[i * width + 2] as number) +
        (distance * distance * before * n) / total;
    }
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      const n = this.#cells.values[at] as number;
      const variance = (this.#cells.values[at + 2] as number) / (n - 1);
      isValid[i] = n >= 2 ? 1 : 0;
      out[i] = this.#isRoot ? Math.sqrt(variance) : variance;
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
