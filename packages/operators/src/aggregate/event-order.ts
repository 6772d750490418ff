import { float64Column } from "@millrace/columnar";
import { type FieldType, hiddenColumns, lineageColumns } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { findColumn } from "../find-column.ts";
import { readNumbers } from "./read-numbers.ts";

/**
 * Columns by which rows are in order: event time, then source, partition, offset, index (0 where
 * absent).
 */
export const orderKeyCount = 5;

/** The order keys as columns of saved state. */
export const orderFields: readonly FieldType[] = ["$time", ...lineageColumns].map((name) => ({
  name,
  type: { kind: "float64", nullable: false },
}));

/** The order keys of a batch's rows, read when first asked for. */
export class EventOrder {
  #batch: RecordBatch | undefined;
  #columns: readonly Float64Array[] | undefined;
  #data: readonly Data[] | undefined;

  /** The order of rows that are not a batch: one array per order key. */
  static of(columns: readonly Float64Array[]): EventOrder {
    const order = new EventOrder();
    order.#columns = columns;
    return order;
  }

  /** Points it at another batch. */
  reset(batch: RecordBatch): void {
    this.#batch = batch;
    this.#columns = undefined;
    this.#data = undefined;
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

  /** The same as columns of float64. */
  data(): readonly Data[] {
    this.#data ??= this.columns().map((values) => float64Column(values, values.length));
    return this.#data;
  }
}
