import { columnBuilder, valueReader } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { compareValues } from "./compare-values.ts";
import { orderKeyCount } from "./event-order.ts";
import { FloatCells } from "./float-cells.ts";

const seenSlot = orderKeyCount;
const width = orderKeyCount + 1;

/**
 * The value of one column in the row where another one is least or greatest; of equal ones, in the
 * first row by event order. Rows where one of the two is null are left out. NaN counts only where
 * all are NaN.
 *
 * **State** 48 bytes and two plain values a group.
 */
export class ArgExtremeAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[];
  readonly #cells = new FloatCells(["time", "source", "partition", "offset", "index", "seen"]);
  readonly #values: unknown[] = [];
  readonly #keys: unknown[] = [];
  readonly #type: DataType;
  readonly #keyType: DataType;
  /** 1 for the least, −1 for the greatest. */
  readonly #sign: 1 | -1;
  readonly #read: (data: Data, row: number) => unknown;
  readonly #readKey: (data: Data, row: number) => unknown;

  constructor(types: { readonly value: DataType; readonly by: DataType }, which: "min" | "max") {
    this.#type = { ...types.value, nullable: true };
    this.#keyType = { ...types.by, nullable: true };
    this.#sign = which === "min" ? 1 : -1;
    this.#read = valueReader(types.value);
    this.#readKey = valueReader(types.by);
    this.stateFields = [
      ...this.#cells.fields,
      { name: "value", type: this.#type },
      { name: "by", type: this.#keyType },
    ];
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
    while (this.#values.length < count) {
      this.#values.push(null);
      this.#keys.push(null);
    }
  }

  #compareKeys(left: unknown, right: unknown): number {
    const isBadLeft = Number.isNaN(left);
    const isBadRight = Number.isNaN(right);
    if (isBadLeft || isBadRight) return Number(isBadLeft) - Number(isBadRight);
    return compareValues(left, right) * this.#sign;
  }

  /** Takes the place of the group's row when it comes before it; says whether it did. */
  #replaces(group: number, key: unknown, order: (slot: number) => number): boolean {
    const cells = this.#cells.values;
    const at = group * width;
    let sign = cells[at + seenSlot] === 0 ? -1 : this.#compareKeys(key, this.#keys[group]);
    for (let slot = 0; sign === 0 && slot < orderKeyCount; slot += 1) {
      sign = order(slot) - (cells[at + slot] as number);
    }
    if (sign >= 0) return false;
    for (let slot = 0; slot < orderKeyCount; slot += 1) cells[at + slot] = order(slot);
    cells[at + seenSlot] = 1;
    this.#keys[group] = key;
    return true;
  }

  dependsOn(group: number, input: AggregateRows, row: number): boolean {
    if (this.#cells.values[group * width + seenSlot] === 0) return true;
    const key = this.#readKey(input.others[0]?.data as Data, row);
    return this.#compareKeys(key, this.#keys[group]) === 0;
  }

  add(input: AggregateRows): void {
    const data = input.data as Data;
    const by = input.others[0]?.data as Data;
    const columns = input.order.columns();
    let row = 0;
    const order = (slot: number): number => (columns[slot] as Float64Array)[row] as number;
    for (let i = 0; i < input.count; i += 1) {
      row = input.rows[i] as number;
      const group = input.groups[i] as number;
      if (this.#replaces(group, this.#readKey(by, row), order)) {
        this.#values[group] = this.#read(data, row);
      }
    }
  }

  merge(other: ArgExtremeAccumulator, groups: Int32Array, count: number): void {
    const from = other.#cells.values;
    let at = 0;
    const order = (slot: number): number => from[at + slot] as number;
    for (let i = 0; i < count; i += 1) {
      at = i * width;
      const group = groups[i] as number;
      if (group < 0 || from[at + seenSlot] === 0) continue;
      if (this.#replaces(group, other.#keys[i], order)) this.#values[group] = other.#values[i];
    }
  }

  result(groups: Int32Array, count: number): Data {
    return columnOf(this.#type, this.#values, groups, count);
  }

  stateColumns(groups: Int32Array, count: number): Data[] {
    return [
      ...this.#cells.columns(groups, count),
      this.result(groups, count),
      columnOf(this.#keyType, this.#keys, groups, count),
    ];
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    this.#cells.restore(columns.slice(0, width), groups, count);
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      this.#values[group] = this.#read(columns[width] as Data, i) ?? null;
      this.#keys[group] = this.#readKey(columns[width + 1] as Data, i) ?? null;
    }
  }

  get sizeBytes(): number {
    return this.#cells.sizeBytes + this.#values.length * 96;
  }
}

function columnOf(
  type: DataType,
  values: readonly unknown[],
  groups: Int32Array,
  count: number,
): Data {
  const builder = columnBuilder(type, count);
  for (let i = 0; i < count; i += 1) builder.append(values[groups[i] as number]);
  return builder.finish();
}
