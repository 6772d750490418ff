import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "../aggregate/accumulator.ts";
import { FloatCells } from "../aggregate/float-cells.ts";

const rowsSlot = 0;
const standsSlot = 1;
const timeSlot = 2;
const lastSlot = 3;

/**
 * What a running aggregation knows of each group beside its aggregates: how many rows it has, and
 * whether its result stands downstream, with which event time; and, where groups are forgotten, the
 * time of its last row.
 *
 * **State** 24 or 32 bytes a group
 */
export class StandingRows implements Accumulator {
  readonly #cells: FloatCells;
  readonly stateFields: readonly FieldType[];

  constructor(hasLast: boolean) {
    this.#cells = new FloatCells(["rows", "stands", "time", ...(hasLast ? ["last"] : [])]);
    this.stateFields = this.#cells.fields;
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
  }

  /** Rows that were added and not taken back. */
  rowsOf(group: number): number {
    return this.#cells.values[group * this.#cells.width + rowsSlot] as number;
  }

  /** Whether the group's result has been emitted, and not taken back. */
  stands(group: number): boolean {
    return this.#cells.values[group * this.#cells.width + standsSlot] === 1;
  }

  /** Event time with which it was emitted; −Infinity where rows have none. */
  timeOf(group: number): number {
    if (!this.stands(group)) return -Infinity;
    return this.#cells.values[group * this.#cells.width + timeSlot] as number;
  }

  /** Remembers what stands now. */
  set(group: number, stands: boolean, time: number): void {
    this.#cells.values[group * this.#cells.width + standsSlot] = stands ? 1 : 0;
    this.#cells.values[group * this.#cells.width + timeSlot] = time;
  }

  /** Time of a group's last row, where groups are forgotten. */
  lastOf(group: number): number {
    return this.#cells.values[group * this.#cells.width + lastSlot] as number;
  }

  setLast(group: number, time: number): void {
    this.#cells.values[group * this.#cells.width + lastSlot] = time;
  }

  add(input: AggregateRows): void {
    const { rows, groups, count, weights } = input;
    const { values, width } = this.#cells;
    for (let i = 0; i < count; i += 1) {
      const at = (groups[i] as number) * width + rowsSlot;
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
