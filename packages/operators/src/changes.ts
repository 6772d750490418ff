import { batchSchema, makeBatch, takeRows, utf8Column } from "@millrace/columnar";
import {
  assert,
  type Collector,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { RecordBatch, Schema } from "apache-arrow";
import { findColumn } from "./find-column.ts";

/**
 * Makes rows that stay of an updating stream: each change with a column that says whether it brings
 * the row or takes it back.
 *
 * **Shape** out: the input's columns, `change`; no hidden columns, so no event time either: a row
 * that is taken back may be from long before the watermark
 */
export class ChangesOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly #columnCount: number;
  readonly #schema: Schema;

  constructor(schemas: { readonly input: RowSchema; readonly output: RowSchema }) {
    this.#columnCount = schemas.input.fields.length;
    this.#schema = batchSchema(schemas.output.fields);
  }

  process(batch: RecordBatch, out: Collector): void {
    if (batch.numRows === 0) return;
    this.counts.rowsIn += batch.numRows;
    this.counts.accepted += batch.numRows;
    const weights = findColumn(batch, hiddenColumns.weight)?.values as Int32Array | undefined;
    assert(weights !== undefined, "an updating stream has weights");
    const rows: number[] = [];
    for (let row = 0; row < batch.numRows; row += 1) {
      for (let n = Math.abs(weights[row] as number); n > 0; n -= 1) rows.push(row);
    }
    const count = rows.length;
    if (count === 0) return;
    const all = takeRows(batch, Int32Array.from(rows), count);
    const names = rows.map((row) => ((weights[row] as number) > 0 ? "insert" : "delete"));
    const columns = [...all.data.children.slice(0, this.#columnCount), utf8Column(names)];
    this.counts.rowsOut += count;
    out.emit(makeBatch(this.#schema, columns, count));
  }

  advanceWatermark(): void {
    // Holds nothing back.
  }
}
