import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import type { Accumulator, AggregateRows, ArgumentForm } from "./accumulator.ts";
import type { CellTable } from "./cell-table.ts";
import { EventOrder } from "./event-order.ts";
import { readNumbers } from "./read-numbers.ts";
import { ValueCounts, type ValueCountsOptions } from "./value-counts.ts";

/**
 * A `distinct` aggregate over rows of which some are taken back: the inner accumulator sees a value
 * come when its count rises above 0, and go when it is back at 0.
 *
 * **State** that of the inner one, and one entry of `ValueCounts` per (group, value)
 */
export class DistinctChangesAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[];
  readonly cells?: CellTable;
  readonly valueCounts: ValueCounts;
  readonly #inner: Accumulator;
  readonly #form: ArgumentForm;
  readonly #scratch = new Scratch();

  /** @param inner one that can be inverted, and keeps no value counts */
  constructor(
    inner: Accumulator,
    options: { readonly argument: DataType; readonly form: ArgumentForm } & ValueCountsOptions,
  ) {
    this.#inner = inner;
    this.#form = options.form;
    this.valueCounts = new ValueCounts([{ name: "$value", type: options.argument }], options);
    this.stateFields = inner.stateFields;
    if (inner.cells !== undefined) this.cells = inner.cells;
  }

  ensure(count: number): void {
    this.#inner.ensure(count);
    this.valueCounts.ensure(count);
  }

  add(input: AggregateRows): void {
    const { count } = input;
    const rows = this.#scratch.ints(0, count);
    const groups = this.#scratch.ints(1, count);
    const weights = this.#scratch.ints(2, input.data?.length ?? 0);
    let kept = 0;
    this.valueCounts.add([input.data as Data], input, (i, before, after) => {
      const change = Number(after > 0) - Number(before > 0);
      if (change === 0) return;
      const row = input.rows[i] as number;
      rows[kept] = row;
      groups[kept] = input.groups[i] as number;
      weights[row] = change;
      kept += 1;
    });
    this.#inner.add({ ...input, rows, groups, weights, count: kept });
  }

  /** Values that both have count once, so the counts are added, not the sums. */
  merge(other: DistinctChangesAccumulator, groups: Int32Array, count: number): void {
    const entries = other.valueCounts.all().filter((entry) => {
      const group = other.valueCounts.groupOf(entry);
      return group < count && (groups[group] as number) >= 0;
    });
    if (entries.length === 0) return;
    const [data] = other.valueCounts.columns(entries, entries.length) as [Data];
    this.add({
      data,
      values: this.#form === "number" ? readNumbers(data) : new Float64Array(0),
      others: [],
      hashes: new Uint32Array(0),
      rows: Scratch.identity(entries.length),
      groups: entries.map((entry) => groups[other.valueCounts.groupOf(entry)] as number),
      count: entries.length,
      weights: entries.map((entry) => other.valueCounts.countOf(entry)),
      order: new EventOrder(),
    });
  }

  result(groups: Int32Array, count: number): Data {
    return this.#inner.result(groups, count);
  }

  stateColumns(groups: Int32Array, count: number): Data[] {
    return this.#inner.stateColumns(groups, count);
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    this.#inner.restore(columns, groups, count);
  }

  get sizeBytes(): number {
    return this.#inner.sizeBytes + this.valueCounts.sizeBytes;
  }
}
