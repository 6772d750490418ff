import { columnOf, hashColumns, takeRows } from "@millrace/columnar";
import {
  type Collector,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type StateTable,
} from "@millrace/core";
import type { SampleSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { Scratch } from "./scratch.ts";

const hashes32 = 2 ** 32;

/**
 * Keeps a share of the rows: those whose hash over the columns is below it. So a row's fate depends
 * on its values and the seed alone, and equal rows share it.
 *
 * **Shape** the input's columns, hidden columns
 * **Cost**  vectorised, one hash per row
 * **Nulls** are values like others
 */
export class SampleOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly #columns: readonly string[];
  readonly #limit: number;
  readonly #seed: number;
  readonly #scratch = new Scratch();

  constructor(spec: SampleSpec) {
    this.#columns = spec.columns;
    this.#limit = spec.fraction * hashes32;
    this.#seed = spec.seed;
  }

  process(batch: RecordBatch, out: Collector): void {
    const { numRows } = batch;
    const columns = this.#columns.map((name) => columnOf(batch, name));
    const hashes = hashColumns(columns, numRows, this.#scratch.words(numRows));
    const kept = this.#scratch.ints(0, numRows);
    let count = 0;
    for (let row = 0; row < numRows; row += 1) {
      if (mixed((hashes[row] as number) ^ this.#seed) < this.#limit) kept[count++] = row;
    }
    this.counts.rowsIn += numRows;
    this.counts.accepted += count;
    this.counts.filtered += numRows - count;
    if (count === 0) return;
    this.counts.rowsOut += count;
    out.emit(count === numRows ? batch : takeRows(batch, kept, count));
  }

  advanceWatermark(): void {
    // Holds nothing back.
  }
}

/**
 * Another order of hashes for each seed, from 0 to 2^32 − 1: the finalizer of murmur3, so that the
 * choice has nothing to do with the key groups, which are made of the same hash.
 */
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
