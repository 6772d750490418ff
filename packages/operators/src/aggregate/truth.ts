import { booleanColumn, isValidAt } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";

/** Slots of a group: rows that are true, false and null. */
const width = 3;

/**
 * Whether a condition is true for any row, or for all: the `or` and the `and` of three-valued logic
 * over the rows, so a null counts where it could turn the result. Null over no rows.
 *
 * **State** 24 bytes a group.
 */
export class TruthAccumulator implements Accumulator {
  readonly #cells = new FloatCells(["true", "false", "null"]);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;
  readonly #which: "any" | "all";

  constructor(which: "any" | "all") {
    this.#which = which;
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  add(input: AggregateRows): void {
    const { rows, groups, count, weights } = input;
    const data = input.data as Data;
    const bits = data.values as Uint8Array;
    const cells = this.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const bit = row + data.offset;
      const isTrue = (((bits[bit >> 3] as number) >> (bit & 7)) & 1) === 1;
      const slot = isValidAt(data, row) ? (isTrue ? 0 : 1) : 2;
      const at = (groups[i] as number) * width + slot;
      cells[at] = (cells[at] as number) + (weights === undefined ? 1 : (weights[row] as number));
    }
  }

  merge(other: TruthAccumulator, groups: Int32Array, count: number): void {
    for (let i = 0; i < count * width; i += 1) {
      const group = groups[Math.floor(i / width)] as number;
      if (group < 0) continue;
      const at = group * width + (i % width);
      this.#cells.values[at] =
        (this.#cells.values[at] as number) + (other.#cells.values[i] as number);
    }
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Uint8Array(count);
    const isValid = new Uint8Array(count);
    // One row of the deciding kind decides; else a null leaves it open.
    const isAny = this.#which === "any";
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      const decides = (this.#cells.values[at + (isAny ? 0 : 1)] as number) > 0;
      const others = (this.#cells.values[at + (isAny ? 1 : 0)] as number) > 0;
      const hasNull = (this.#cells.values[at + 2] as number) > 0;
      out[i] = decides === isAny ? 1 : 0;
      isValid[i] = decides || (others && !hasNull) ? 1 : 0;
    }
    return booleanColumn(out, count, isValid);
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
