import { columnBuilder, valueReader } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { orderKeyCount } from "./event-order.ts";
import { FloatCells } from "./float-cells.ts";

const seenSlot = orderKeyCount;
const width = orderKeyCount + 1;

/**
 * The first or last value by event time, then source, partition, offset, index; so the order of
 * arrival does not matter. Nulls are left out.
 *
 * **State** 48 bytes and a plain value a group.
 */
export class FirstLastAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[];
  readonly #cells = new FloatCells(["time", "source", "partition", "offset", "index", "seen"]);
  readonly #values: unknown[] = [];
  readonly #type: DataType;
  /** 1 for first, −1 for last. */
  readonly #sign: 1 | -1;
  readonly #read: (data: Data, row: number) => unknown;

  constructor(argument: DataType, which: "first" | "last") {
    this.#type = { ...argument, nullable: true };
    this.#sign = which === "first" ? 1 : -1;
    this.#read = valueReader(argument);
    this.stateFields = [...this.#cells.fields, { name: "value", type: this.#type }];
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
    while (this.#values.length < count) this.#values.push(null);
  }

  /** Takes the place of the group's row when it comes before it; says whether it did. */
  #replaces(group: number, keys: (slot: number) => number): boolean {
    const cells = this.#cells.values;
    const at = group * width;
    let order = cells[at + seenSlot] === 0 ? -1 : 0;
    for (let slot = 0; order === 0 && slot < orderKeyCount; slot += 1) {
      order = (keys(slot) - (cells[at + slot] as number)) * this.#sign;
    }
    if (order >= 0) return false;
    for (let slot = 0; slot < orderKeyCount; slot += 1) cells[at + slot] = keys(slot);
    cells[at + seenSlot] = 1;
    return true;
  }

  dependsOn(group: number, input: AggregateRows, row: number): boolean {
    const order = input.order.columns();
    for (let slot = 0; slot < orderKeyCount; slot += 1) {
      const key = this.#cells.values[group * width + slot];
      if ((order[slot] as Float64Array)[row] !== key) return false;
    }
    return true;
  }

  add(input: AggregateRows): void {
    const data = input.data as Data;
    const order = input.order.columns();
    let row = 0;
    const keys = (slot: number): number => (order[slot] as Float64Array)[row] as number;
    for (let i = 0; i < input.count; i += 1) {
      row = input.rows[i] as number;
      const group = input.groups[i] as number;
      if (this.#replaces(group, keys)) this.#values[group] = this.#read(data, row);
    }
  }

  merge(other: FirstLastAccumulator, groups: Int32Array, count: number): void {
    const from = other.#cells.values;
    let at = 0;
    const keys = (slot: number): number => from[at + slot] as number;
    for (let i = 0; i < count; i += 1) {
      at = i * width;
      const group = groups[i] as number;
      if (group < 0 || from[at + seenSlot] === 0) continue;
      if (this.#replaces(group, keys)) this.#values[group] = other.#values[i];
    }
  }

  result(groups: Int32Array, count: number): Data {
    const builder = columnBuilder(this.#type, count);
    for (let i = 0; i < count; i += 1) builder.append(this.#values[groups[i] as number]);
    return builder.finish();
  }

  stateColumns(groups: Int32Array, count: number): Data[] {
    return [...this.#cells.columns(groups, count), this.result(groups, count)];
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    this.#cells.restore(columns.slice(0, width), groups, count);
    for (let i = 0; i < count; i += 1) {
      this.#values[groups[i] as number] = this.#read(columns[width] as Data, i) ?? null;
    }
  }

  get sizeBytes(): number {
    return this.#cells.sizeBytes + this.#values.length * 48;
  }
}
