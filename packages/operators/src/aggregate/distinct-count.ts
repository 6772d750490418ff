import { int64Column } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { ValueCounts, type ValueCountsOptions } from "./value-counts.ts";

/**
 * The number of different values, exact, of rows of which some are taken back.
 *
 * A HyperLogLog cannot forget a value, so `approxDistinct` over an updating stream is this one.
 *
 * **State** one entry of `ValueCounts` per (group, value)
 */
export class DistinctCountAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[] = [];
  readonly valueCounts: ValueCounts;

  constructor(argument: DataType, options: ValueCountsOptions) {
    this.valueCounts = new ValueCounts([{ name: "$value", type: argument }], options);
  }

  ensure(count: number): void {
    this.valueCounts.ensure(count);
  }

  add(input: AggregateRows): void {
    this.valueCounts.add([input.data as Data], input);
  }

  merge(other: DistinctCountAccumulator, groups: Int32Array, count: number): void {
    this.valueCounts.merge(other.valueCounts, groups, count);
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    for (let i = 0; i < count; i += 1) out[i] = this.valueCounts.presentOf(groups[i] as number);
    return int64Column(out, count);
  }

  stateColumns(): Data[] {
    return [];
  }

  restore(): void {
    // All state is in the value counts, which the operator restores by themselves.
  }

  get sizeBytes(): number {
    return this.valueCounts.sizeBytes;
  }
}
