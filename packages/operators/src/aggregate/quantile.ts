import { assert } from "@millrace/core";
import type { DataType, FieldType } from "@millrace/core";
import { bucketOf, bucketValue } from "@millrace/sketches";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { CellTable } from "./cell-table.ts";
import { numberColumn } from "./number-column.ts";

/** Whole numbers nearer to 0 than this have their bucket in a table: a logarithm costs more. */
const smallLimit = 2_048;
const smallBuckets = Int32Array.from({ length: 2 * smallLimit }, (_, i) =>
  bucketOf(i - smallLimit),
);

/**
 * The value at rank ⌊q · (n − 1)⌋ within 1 %, by DDSketch. NaN is left out.
 *
 * A row that is taken back leaves its bucket, so the result is that of the rows that stay.
 *
 * **State** 16 to 32 bytes per (group, bucket), in one table for all groups of the window.
 */
export class QuantileAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[] = [];
  readonly cells: CellTable = new CellTable();
  readonly #type: DataType;
  readonly #q: number;
  #groups = 0;

  constructor(type: DataType, q: number) {
    assert(q >= 0 && q <= 1, "a quantile is in [0, 1]");
    this.#type = type;
    this.#q = q;
  }

  ensure(count: number): void {
    this.#groups = Math.max(this.#groups, count);
  }

  add(input: AggregateRows): void {
    const { values, rows, groups, count, weights } = input;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const value = values[row] as number;
      if (value !== value) continue;
      const isSmall = value > -smallLimit && value < smallLimit && value === (value | 0);
      const bucket = isSmall ? (smallBuckets[value + smallLimit] as number) : bucketOf(value);
      this.cells.add(
        groups[i] as number,
        bucket,
        weights === undefined ? 1 : (weights[row] as number),
      );
    }
  }

  merge(other: QuantileAccumulator, groups: Int32Array, count: number): void {
    for (const entry of other.cells.entries()) {
      const group = other.cells.groupOf(entry);
      if (group >= count || (groups[group] as number) < 0) continue;
      this.cells.add(
        groups[group] as number,
        other.cells.cellOf(entry),
        other.cells.valueOf(entry),
      );
    }
  }

  result(groups: Int32Array, count: number): Data {
    const { start, cells, values } = this.cells.sorted(this.#groups);
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) {
      const from = start[groups[i] as number] as number;
      const to = start[(groups[i] as number) + 1] as number;
      if (from === to) continue;
      let total = 0;
      for (let at = from; at < to; at += 1) total += values[at] as number;
      const rank = Math.floor(this.#q * (total - 1));
      let at = from;
      for (let seen = values[at] as number; seen <= rank; seen += values[at] as number) at += 1;
      out[i] = bucketValue(cells[at] as number);
      isValid[i] = 1;
    }
    return numberColumn(this.#type, out, count, isValid);
  }

  stateColumns(): Data[] {
    return [];
  }

  restore(): void {
    // All state is in the cells, which the operator restores by themselves.
  }

  get sizeBytes(): number {
    return this.cells.sizeBytes;
  }
}
