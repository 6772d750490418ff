import { columnOf, takeRows } from "@millrace/columnar";
import {
  assert,
  type Collector,
  findField,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { DeduplicateSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { Scratch } from "../scratch.ts";
import { OrderedInput } from "../series/ordered-input.ts";
import { SeenKeys } from "./seen-keys.ts";

/**
 * Keeps the first row of each key in event order, as the watermark passes the rows.
 *
 * A row kept at time t forgets its key at t + `withinMs`; a dropped row does not prolong this. So
 * what is kept is a function of the key's own rows. Dropped rows count as filtered.
 *
 * **Shape** the input's columns, hidden columns
 * **State** rows that wait for the watermark; per key 16 bytes and the key, until it is forgotten
 * **Cost**  O(rows), one key look-up per row; rows that come out of order are sorted
 * **Nulls** a null key is a key of its own
 */
export class DeduplicateOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #input: OrderedInput;
  readonly #seen: SeenKeys;
  readonly #scratch = new Scratch();

  constructor(spec: DeduplicateSpec, input: RowSchema, operatorId: string) {
    const keys = spec.keys.map((name) => {
      const field = findField(input, name);
      assert(field !== undefined, `the input has the key column ${name}`);
      return field;
    });
    this.#input = new OrderedInput(input, spec.keys, this.counts);
    this.#seen = new SeenKeys(keys, spec.withinMs, operatorId);
    this.state = [this.#input.buffer, this.#seen];
  }

  process(batch: RecordBatch, out: Collector): void {
    this.#input.add(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    const batch = this.#input.buffer.takeBefore(watermark);
    if (batch !== undefined) this.#emitFirst(batch, out);
    this.#seen.forget(watermark);
  }

  #emitFirst(batch: RecordBatch, out: Collector): void {
    const { numRows } = batch;
    const times = readNumbers(columnOf(batch, hiddenColumns.time), this.#scratch.floats(numRows));
    const kept = this.#scratch.ints(0, numRows);
    const count = this.#seen.keepFirst(batch, times, kept);
    this.counts.accepted -= numRows - count;
    this.counts.filtered += numRows - count;
    if (count === 0) return;
    this.counts.rowsOut += count;
    out.emit(count === numRows ? batch : takeRows(batch, kept, count));
  }
}
