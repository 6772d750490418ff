import { columnBuilder, valueReader } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { compareValues } from "./compare-values.ts";

/**
 * Least or greatest value of a type that is not read as a number: text, decimals, bigints, … A
 * plain value a group.
 */
export class ValueExtremeAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[];
  readonly #best: unknown[] = [];
  readonly #type: DataType;
  readonly #sign: 1 | -1;
  readonly #read: (data: Data, row: number) => unknown;

  constructor(argument: DataType, which: "min" | "max") {
    this.#type = { ...argument, nullable: true };
    this.#sign = which === "min" ? 1 : -1;
    this.#read = valueReader(argument);
    this.stateFields = [{ name: "value", type: this.#type }];
  }

  dependsOn(group: number, input: AggregateRows, row: number): boolean {
    const best = this.#best[group];
    if (best === null || best === undefined) return true;
    return compareValues(this.#read(input.data as Data, row), best) === 0;
  }

  ensure(count: number): void {
    while (this.#best.length < count) this.#best.push(null);
  }

  #take(group: number, value: unknown): void {
    const best = this.#best[group];
    if (best === null || compareValues(value, best) * this.#sign < 0) this.#best[group] = value;
  }

  add(input: AggregateRows): void {
    const data = input.data as Data;
    for (let i = 0; i < input.count; i += 1) {
      this.#take(input.groups[i] as number, this.#read(data, input.rows[i] as number));
    }
  }

  merge(other: ValueExtremeAccumulator, groups: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const value = other.#best[i] ?? null;
      const group = groups[i] as number;
      if (value !== null && group >= 0) this.#take(group, value);
    }
  }

  result(groups: Int32Array, count: number): Data {
    const builder = columnBuilder(this.#type, count);
    for (let i = 0; i < count; i += 1) builder.append(this.#best[groups[i] as number]);
    return builder.finish();
  }

  stateColumns(groups: Int32Array, count: number): Data[] {
    return [this.result(groups, count)];
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#best[groups[i] as number] = this.#read(columns[0] as Data, i) ?? null;
    }
  }

  get sizeBytes(): number {
    return this.#best.length * 48;
  }
}
