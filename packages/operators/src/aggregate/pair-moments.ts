import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { addProductToPair, addToPair, centredProduct } from "./double-double.ts";
import { FloatCells } from "./float-cells.ts";
import { numberColumn } from "./number-column.ts";

/** What pairs of numbers can tell. */
export type PairMoment = "covariance" | "correlation" | "slope" | "intercept";

/** Slots of a group; each sum takes two. */
const slots = [
  "count",
  "notFinite",
  "y",
  "yLow",
  "x",
  "xLow",
  "yy",
  "yyLow",
  "xx",
  "xxLow",
  "xy",
  "xyLow",
];
const width = slots.length;
const ySlot = 2;
const xSlot = 4;
const yySlot = 6;
const xxSlot = 8;
const xySlot = 10;
const sums = [ySlot, xSlot, yySlot, xxSlot, xySlot];

/**
 * Covariance of the sample, Pearson's correlation, or the line of least squares through pairs (y,
 * x).
 *
 * Sums of values and of products are kept at 106 bits, so what cancels (values of 1e9 with a spread
 * of 1) keeps its digits, and rows are taken back by subtraction: the absolute error is about
 * 2^-104 of the sum of the products of all rows ever seen. Null for fewer than two pairs, and where
 * a value that must vary does not. A pair that is not finite makes the result NaN while it is
 * there.
 *
 * **State** 96 bytes a group.
 */
export class PairMomentsAccumulator implements Accumulator {
  readonly #cells = new FloatCells(slots);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;
  readonly #type: DataType;
  readonly #moment: PairMoment;

  constructor(type: DataType, moment: PairMoment) {
    this.#type = type;
    this.#moment = moment;
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  add(input: AggregateRows): void {
    const { values, rows, groups, count, weights } = input;
    const others = input.others[0]?.values as Float64Array;
    const cells = this.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const at = (groups[i] as number) * width;
      const y = values[row] as number;
      const x = others[row] as number;
      const weight = weights === undefined ? 1 : (weights[row] as number);
      cells[at] = (cells[at] as number) + weight;
      if (!Number.isFinite(y + x)) {
        cells[at + 1] = (cells[at + 1] as number) + weight;
        continue;
      }
      addProductToPair(cells, at + ySlot, y, 1, weight);
      addProductToPair(cells, at + xSlot, x, 1, weight);
      addProductToPair(cells, at + yySlot, y, y, weight);
      addProductToPair(cells, at + xxSlot, x, x, weight);
      addProductToPair(cells, at + xySlot, x, y, weight);
    }
  }

  merge(other: PairMomentsAccumulator, groups: Int32Array, count: number): void {
    const cells = this.#cells.values;
    const from = other.#cells.values;
    for (let i = 0; i < count; i += 1) {
      if ((groups[i] as number) < 0) continue;
      const at = (groups[i] as number) * width;
      const source = i * width;
      cells[at] = (cells[at] as number) + (from[source] as number);
      cells[at + 1] = (cells[at + 1] as number) + (from[source + 1] as number);
      for (const slot of sums) {
        addToPair(cells, at + slot, from[source + slot] as number);
        addToPair(cells, at + slot, from[source + slot + 1] as number);
      }
    }
  }

  /** NaN stands for null. */
  #resultOf(at: number, n: number): number {
    const cells = this.#cells.values;
    const [y, x] = [at + ySlot, at + xSlot];
    const xy = centredProduct(cells, { product: at + xySlot, a: x, b: y }, n);
    if (this.#moment === "covariance") return xy / (n - 1);
    const xx = centredProduct(cells, { product: at + xxSlot, a: x, b: x }, n);
    if (xx <= 0) return Number.NaN;
    const slope = xy / xx;
    if (this.#moment === "slope") return slope;
    if (this.#moment === "intercept") {
      return ((cells[y] as number) - slope * (cells[x] as number)) / n;
    }
    const yy = centredProduct(cells, { product: at + yySlot, a: y, b: y }, n);
    if (yy <= 0) return Number.NaN;
    return Math.max(-1, Math.min(1, xy / Math.sqrt(xx) / Math.sqrt(yy)));
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      const n = this.#cells.values[at] as number;
      if (n < 2) continue;
      const isFinite = (this.#cells.values[at + 1] as number) <= 0;
      out[i] = isFinite ? this.#resultOf(at, n) : Number.NaN;
      isValid[i] = isFinite && Number.isNaN(out[i]) ? 0 : 1;
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
