import type { Data, RecordBatch } from "apache-arrow";
import { takeColumn } from "../column/take-column.ts";
import { makeBatch } from "./make-batch.ts";

/** Gathers rows: row i of the result is row `rows[i]`; rows may repeat. O(count × columns). */
export function takeRows(batch: RecordBatch, rows: Int32Array, count: number): RecordBatch {
  const existing = batch.data.children;
  const columns: Data[] = [];
  for (let i = 0; i < existing.length; i++) columns.push(takeColumn(existing[i]!, rows, count));
  return makeBatch(batch.schema, columns, count);
}
