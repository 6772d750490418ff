import { hiddenColumns, lineageColumns } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { findColumn } from "../find-column.ts";
import { readNumbers } from "./read-numbers.ts";

/**
 * Columns by which rows are in order: event time, then source, partition, offset, index (0 where
 * absent).
 */
export const orderKeyCount = 5;

/** The order keys of a batch's rows, read when first asked for. */
export class EventOrder {
  #batch: RecordBatch | undefined;
  #columns: Float64Array[] | undefined;

  /** Points it at another batch. */
  reset(batch: RecordBatch): void {
    this.#batch = batch;
    this.#columns = undefined;
  }

  /** One array per order key, indexed by row; an absent column is all zeros. */
  columns(): readonly Float64Array[] {
    if (this.#columns !== undefined) return this.#columns;
    const batch = this.#batch;
    if (batch === undefined) return [];
    const names = [hiddenColumns.time, ...lineageColumns];
    this.#columns = names.map((name) => {
      const data = findColumn(batch, name);
      return data === undefined ? new Float64Array(batch.numRows) : readNumbers(data);
    });
    return this.#columns;
  }
}
