import { assert } from "@millrace/core";
import type { Data, RecordBatch, Schema } from "apache-arrow";
import { GrowingColumn } from "../column/growing-column.ts";
import { makeBatch } from "./make-batch.ts";
import { takeRows } from "./take-rows.ts";

/**
 * Rows in one batch that grows at its end, so that a row is found by one number.
 *
 * **State** the rows, with room for up to as many again
 * **Cost**  each row is copied O(1) times
 */
export class GrowingRows {
  readonly schema: Schema;
  #columns: readonly GrowingColumn[];
  #batch: RecordBatch | undefined;

  constructor(schema: Schema) {
    this.schema = schema;
    this.#columns = schema.fields.map((field) => new GrowingColumn(field.type));
  }

  get count(): number {
    return this.#columns[0]?.length ?? 0;
  }

  get sizeBytes(): number {
    return this.#columns.reduce((sum, column) => sum + column.sizeBytes, 0);
  }

  /** Appends rows by their columns, in the schema's order. */
  append(columns: readonly Data[]): void {
    assert(columns.length === this.#columns.length, "each column of the rows grows");
    for (const [i, column] of this.#columns.entries()) column.append(columns[i]!);
    this.#batch = undefined;
  }

  /** Keeps only some rows, in the order given. O(rows kept). */
  keep(rows: Int32Array, count: number): void {
    const kept = takeRows(this.batch, rows, count);
    this.#columns = this.schema.fields.map((field) => new GrowingColumn(field.type));
    this.append(kept.data.children);
  }

  /** All rows so far. A view: rows appended later do not show in it. */
  get batch(): RecordBatch {
    const columns = (): Data[] => this.#columns.map((column) => column.column());
    this.#batch ??= makeBatch(this.schema, columns(), this.count);
    return this.#batch;
  }
}
