import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";
import { numberColumn } from "./number-column.ts";

/**
 * Slots of a group: n, mean, sums of the second to the fourth powers of distances from the mean.
 */
const width = 5;

/**
 * Skewness G1 or excess kurtosis G2 of the sample, corrected for its size: what spreadsheets and
 * DuckDB give. Null for fewer than three (four) values, and where all are equal.
 *
 * G1 = √(n(n − 1)) / (n − 2) · g1 and G2 = (n − 1) / ((n − 2)(n − 3)) · ((n + 1) · g2 + 6), with g1
 * and g2 of the population.
 *
 * Rows are not taken back one by one: over an updating stream, the values are kept.
 *
 * **State** 40 bytes a group.
 * **Source** Pébay, "Formulas for robust, one-pass parallel computation of covariances and
 * arbitrary-order statistical moments", Sandia report SAND2008-6212, 2008 (adding and merging);
 * Joanes, Gill, "Comparing measures of sample skewness and kurtosis", The Statistician 47, 1998
 */
export class ShapeMomentsAccumulator implements Accumulator {
  readonly #cells = new FloatCells(["count", "mean", "second", "third", "fourth"]);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;
  readonly #type: DataType;
  readonly #which: "skewness" | "kurtosis";

  constructor(type: DataType, which: "skewness" | "kurtosis") {
    this.#type = type;
    this.#which = which;
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  add(input: AggregateRows): void {
    const { values, rows, groups, count, weights } = input;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const weight = weights === undefined ? 1 : (weights[row] as number);
      const at = (groups[i] as number) * width;
      // `weight` equal values have no spread of their own.
      this.#combine(at, weight, values[row] as number, 0, 0, 0);
    }
  }

  #combine(at: number, n: number, mean: number, m2: number, m3: number, m4: number): void {
    const cells = this.#cells.values;
    const own = cells[at] as number;
    const total = own + n;
    if (own === 0) {
      cells.set([n, mean, m2, m3, m4], at);
      return;
    }
    const [own2, own3] = [cells[at + 2] as number, cells[at + 3] as number];
    const distance = mean - (cells[at + 1] as number);
    const share = distance / total;
    const square = distance * share * own * n;
    cells[at] = total;
    cells[at + 1] = (cells[at + 1] as number) + share * n;
    cells[at + 2] = own2 + m2 + square;
    cells[at + 3] = own3 + m3 + square * share * (own - n) + 3 * share * (own * m2 - n * own2);
    cells[at + 4] =
      (cells[at + 4] as number) +
      m4 +
      square * share * share * (own * own - own * n + n * n) +
      6 * share * share * (own * own * m2 + n * n * own2) +
      4 * share * (own * m3 - n * own3);
  }

  merge(other: ShapeMomentsAccumulator, groups: Int32Array, count: number): void {
    const from = other.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      const [n, mean, m2, m3, m4] = from.subarray(i * width, (i + 1) * width) as unknown as [
        number,
        number,
        number,
        number,
        number,
      ];
      if (n > 0 && group >= 0) this.#combine(group * width, n, mean, m2, m3, m4);
    }
  }

  #resultOf(at: number): number {
    const cells = this.#cells.values;
    const n = cells[at] as number;
    const variance = (cells[at + 2] as number) / n;
    if (this.#which === "skewness") {
      const g1 = (cells[at + 3] as number) / n / variance ** 1.5;
      return (g1 * Math.sqrt(n * (n - 1))) / (n - 2);
    }
    const g2 = (cells[at + 4] as number) / n / variance ** 2 - 3;
    return ((n - 1) * ((n + 1) * g2 + 6)) / ((n - 2) * (n - 3));
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    const least = this.#which === "skewness" ? 3 : 4;
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      const n = this.#cells.values[at] as number;
      // All equal: there is no shape. NaN stays, as a value is NaN or infinite.
      if (n < least || this.#cells.values[at + 2] === 0) continue;
      out[i] = this.#resultOf(at);
      isValid[i] = 1;
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
