import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { addProductToPair, addToPair, centredProduct } from "./double-double.ts";
import { FloatCells } from "./float-cells.ts";
import { numberColumn } from "./number-column.ts";

/** What a sum of numbers and of their squares can tell. */
export type Moment = "sum" | "mean" | "variance" | "stddev";

/** Slots of a group; a sum takes two. */
const slots = ["count", "sum", "sumLow", "squares", "squaresLow", "nan", "infinite", "negative"];
const width = slots.length;
const sumSlot = 1;
const squaresSlot = 3;
const nanSlot = 5;
const infiniteSlot = 6;
const negativeSlot = 7;

/**
 * Sum, mean, variance or standard deviation of floats of which some are taken back.
 *
 * Sums of values and of squares are kept at 106 bits, so that adding and taking back commute. The
 * absolute error of a sum is about 2^-104 of the sum of |x| over all rows ever seen, that of a
 * variance the same share of the sum of x²: as good as float64 while |mean| / stddev < 10^7. A
 * variance is never below 0. NaN and infinite values are counted, not added, so that a result is
 * finite again once they are gone. Squares beyond the range of float64 (|x| > 10^154) make a
 * variance infinite or NaN for good.
 *
 * **State** 64 bytes a group.
 */
export class InvertibleMomentsAccumulator implements Accumulator {
  readonly #cells = new FloatCells(slots);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;
  readonly #type: DataType;
  readonly #moment: Moment;
  readonly #hasSquares: boolean;

  constructor(type: DataType, moment: Moment) {
    this.#type = type;
    this.#moment = moment;
    this.#hasSquares = moment === "variance" || moment === "stddev";
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
      const value = values[row] as number;
      const weight = weights === undefined ? 1 : (weights[row] as number);
      cells[at] = (cells[at] as number) + weight;
      if (!Number.isFinite(value)) {
        const slot = at + (value !== value ? nanSlot : value > 0 ? infiniteSlot : negativeSlot);
        cells[slot] = (cells[slot] as number) + weight;
        continue;
      }
      addProductToPair(cells, at + sumSlot, value, 1, weight);
      if (this.#hasSquares) addProductToPair(cells, at + squaresSlot, value, value, weight);
    }
  }

  merge(other: InvertibleMomentsAccumulator, groups: Int32Array, count: number): void {
    const cells = this.#cells.values;
    const from = other.#cells.values;
    for (let i = 0; i < count; i += 1) {
      if ((groups[i] as number) < 0) continue;
      const at = (groups[i] as number) * width;
      for (const slot of [0, nanSlot, infiniteSlot, negativeSlot]) {
        cells[at + slot] = (cells[at + slot] as number) + (from[i * width + slot] as number);
      }
      for (const slot of [sumSlot, squaresSlot]) {
        addToPair(cells, at + slot, from[i * width + slot] as number);
        addToPair(cells, at + slot, from[i * width + slot + 1] as number);
      }
    }
  }

  #resultOf(at: number): number {
    const cells = this.#cells.values;
    const n = cells[at] as number;
    const hasInfinite = (cells[at + infiniteSlot] as number) > 0;
    const hasNegative = (cells[at + negativeSlot] as number) > 0;
    const isNaN = (cells[at + nanSlot] as number) > 0 || (hasInfinite && hasNegative);
    if (isNaN || (this.#hasSquares && (hasInfinite || hasNegative))) return Number.NaN;
    if (hasInfinite) return Infinity;
    if (hasNegative) return -Infinity;
    const sum = (cells[at + sumSlot] as number) + (cells[at + sumSlot + 1] as number);
    if (this.#moment === "sum") return sum;
    if (this.#moment === "mean") return sum / n;
    const places = { product: at + squaresSlot, a: at + sumSlot, b: at + sumSlot };
    const variance = Math.max(0, centredProduct(cells, places, n) / (n - 1));
    return this.#moment === "stddev" ? Math.sqrt(variance) : variance;
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    const least = this.#hasSquares ? 2 : 1;
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      if ((this.#cells.values[at] as number) < least) continue;
      isValid[i] = 1;
      out[i] = this.#resultOf(at);
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
