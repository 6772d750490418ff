import { columnOf, hasColumn, int32Column, makeBatch, withColumns } from "@millrace/columnar";
import {
  type Collector,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
  weightField,
} from "@millrace/core";
import type { RecordBatch, Schema } from "apache-arrow";
import { hiddenColumnsOf, OutputLayouts } from "./output-layout.ts";

/** The same array each time, since layouts are remembered by it. */
const weightFields = [weightField];

/**
 * Brings inputs together as they come, with columns in the order of the output schema. Zero-copy.
 */
export class UnionOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly #names: readonly string[];
  readonly #layouts: OutputLayouts;
  readonly #isUpdating: boolean;

  /** @param isUpdating whether rows of an input may be taken back */
  constructor(output: RowSchema, isUpdating: boolean) {
    this.#isUpdating = isUpdating;
    this.#names = output.fields.map((field) => field.name);
    this.#layouts = new OutputLayouts(output);
  }

  process(batch: RecordBatch, out: Collector): void {
    const { numRows } = batch;
    if (numRows === 0) return;
    this.counts.rowsIn += numRows;
    this.counts.accepted += numRows;
    this.counts.rowsOut += numRows;
    out.emit(this.#weighted(this.#isInOrder(batch.schema) ? batch : this.#reorder(batch)));
  }

  /** Rows of an append stream beside an updating one count once. */
  #weighted(batch: RecordBatch): RecordBatch {
    if (!this.#isUpdating || hasColumn(batch, hiddenColumns.weight)) return batch;
    const ones = int32Column(new Int32Array(batch.numRows).fill(1), batch.numRows);
    return withColumns(batch, weightFields, [ones]);
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
