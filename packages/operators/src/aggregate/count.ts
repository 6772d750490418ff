import { int64Column } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";

/** Counts rows, or values that are not null. State: 8 bytes a group. */
export class CountAccumulator implements Accumulator {
  readonly #cells = new FloatCells(["count"]);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  add(input: AggregateRows): void {
    const { rows, groups, count, weights } = input;
    const values = this.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      const weight = weights === undefined ? 1 : (weights[rows[i] as number] as number);
      values[group] = (values[group] as number) + weight;
    }
  }

  merge(other: CountAccumulator, groups: Int32Array, count: number): void {
    const values = this.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      if (group < 0) continue;
      values[group] = (values[group] as number) + (other.#cells.values[i] as number);
    }
  }

  unmerge(other: CountAccumulator, groups: Int32Array, count: number): void {
    const values = this.#cells.values;
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      values[group] = (values[group] as number) - (other.#cells.values[i] as number);
    }
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    for (let i = 0; i < count; i += 1) out[i] = this.#cells.values[groups[i] as number] as number;
    return int64Column(out, count);
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
