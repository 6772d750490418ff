import type { DataType, FieldType } from "@millrace/core";
import { assert } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";
import { numberColumn } from "./number-column.ts";

/**
 * Slots of a group: sum of value · weight, sum of weights, last event time; weights are as of then.
 */
const width = 3;

/**
 * The mean in which a value weighs half as much for each half-life that it is older than the last
 * row of the group, by event time. The order of arrival does not matter; rows of one time weigh the
 * same.
 *
 * Merging brings both parts to the later of their times. Rows are not taken back one by one, as
 * what is left may weigh next to nothing: over an updating stream, the values are kept.
 *
 * **State** 24 bytes a group.
 */
export class DecayingMeanAccumulator implements Accumulator {
  readonly #cells = new FloatCells(["sum", "weight", "time"]);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;
  readonly #type: DataType;
  readonly #halfLifeMs: number;

  constructor(type: DataType, halfLifeMs: number) {
    assert(halfLifeMs > 0, "a half-life is greater than zero");
    this.#type = type;
    this.#halfLifeMs = halfLifeMs;
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  #take(at: number, sum: number, weight: number, time: number): void {
    const cells = this.#cells.values;
    if (cells[at + 1] === 0) {
      cells[at] = sum;
      cells[at + 1] = weight;
      cells[at + 2] = time;
      return;
    }
    const last = cells[at + 2] as number;
    const own = time > last ? this.#decay(time - last) : 1;
    const other = time > last ? 1 : this.#decay(last - time);
    cells[at] = (cells[at] as number) * own + sum * other;
    cells[at + 1] = (cells[at + 1] as number) * own + weight * other;
    cells[at + 2] = Math.max(last, time);
  }

  #decay(ageMs: number): number {
    return 2 ** (-ageMs / this.#halfLifeMs);
  }

  add(input: AggregateRows): void {
    const { values, rows, groups, count, weights } = input;
    const times = input.order.columns()[0] as Float64Array;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const weight = weights === undefined ? 1 : (weights[row] as number);
      const value = values[row] as number;
      this.#take((groups[i] as number) * width, value * weight, weight, times[row] as number);
    }
  }

  merge(other: DecayingMeanAccumulator, groups: Int32Array, count: number): void {
    const from = other.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const at = i * width;
      const group = groups[i] as number;
      if (group < 0 || from[at + 1] === 0) continue;
      const [sum, weight, time] = [from[at], from[at + 1], from[at + 2]];
      this.#take(group * width, sum as number, weight as number, time as number);
    }
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      const weight = this.#cells.values[at + 1] as number;
      isValid[i] = weight > 0 ? 1 : 0;
      out[i] = (this.#cells.values[at] as number) / weight;
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
