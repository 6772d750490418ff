import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "../aggregate/accumulator.ts";
import { FloatCells } from "../aggregate/float-cells.ts";

const width = 3;

/**
 * What a running aggregation knows of each group beside its aggregates: how many rows it has, and
 * whether its result stands downstream, with which event time.
 *
 * **State** 24 bytes a group
 */
export class StandingRows implements Accumulator {
  readonly #cells = new FloatCells(["rows", "stands", "time"]);
  readonly stateFields: readonly FieldType[] = this.#cells.fields;

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  /** Rows that were added and not taken back. */
  rowsOf(group: number): number {
    return this.#cells.values[group * width] as number;
  }

  /** Whether the group's result has been emitted, and not taken back. */
  stands(group: number): boolean {
    return this.#cells.values[group * width + 1] === 1;
  }

  /** Event time with which it was emitted; −Infinity where rows have none. */
  timeOf(group: number): number {
    return this.stands(group) ? (this.#cells.values[group * width + 2] as number) : -Infinity;
  }

  /** Remembers what stands now. */
  set(group: number, stands: boolean, time: number): void {
    this.#cells.values[group * width + 1] = stands ? 1 : 0;
    this.#cells.values[group * width + 2] = time;
  }

  add(input: AggregateRows): void {
    const { rows, groups, count, weights } = input;
    const { values } = this.#cells;
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width;
      const weight = weights === undefined ? 1 : (weights[rows[i] as number] as number);
      values[at] = (values[at] as number) + weight;
    }
  }

  merge(): never {
    throw new Error("groups of a running aggregation are never merged");
  }

  result(): never {
    throw new Error("what stands is no column of the result");
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
