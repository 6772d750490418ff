import { assert } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { makeBatch } from "./make-batch.ts";

/**
 * Rows [from, to), sharing the buffers.
 *
 * Values and value offsets of a slice start at its row 0; bitmaps and booleans do not, they start
 * at bit `data.offset`. The whole batch is returned unchanged.
 */
export function sliceRows(batch: RecordBatch, from: number, to: number): RecordBatch {
  assert(from >= 0 && from <= to && to <= batch.numRows, "a slice lies within its batch");
  if (from === 0 && to === batch.numRows) return batch;
  const existing = batch.data.children;
  const columns: Data[] = [];
  for (let i = 0; i < existing.length; i++) columns.push(existing[i]!.slice(from, to - from));
  return makeBatch(batch.schema, columns, to - from);
}
