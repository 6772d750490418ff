import { columnOf, makeBatch } from "@millrace/columnar";
import {
  type Collector,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { RecordBatch, Schema } from "apache-arrow";
import { hiddenColumnsOf, OutputLayouts } from "./output-layout.ts";

/**
 * Brings inputs together as they come, with columns in the order of the output schema. Zero-copy.
 */
export class UnionOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly #names: readonly string[];
  readonly #layouts: OutputLayouts;

  constructor(output: RowSchema) {
    this.#names = output.fields.map((field) => field.name);
    this.#layouts = new OutputLayouts(output);
  }

  process(batch: RecordBatch, out: Collector): void {
    const { numRows } = batch;
    if (numRows === 0) return;
    this.counts.rowsIn += numRows;
    this.counts.accepted += numRows;
    this.counts.rowsOut += numRows;
    out.emit(this.#isInOrder(batch.schema) ? batch : this.#reorder(batch));
  }

  #isInOrder(schema: Schema): boolean {
    return this.#names.every((name, index) => schema.fields[index]?.name === name);
  }

  #reorder(batch: RecordBatch): RecordBatch {
    const layout = this.#layouts.of(batch.schema);
    const columns = this.#names.map((name) => columnOf(batch, name));
    return makeBatch(layout.schema, [...columns, ...hiddenColumnsOf(batch, layout)], batch.numRows);
  }

  advanceWatermark(): void {
    // Holds nothing back.
  }
}
