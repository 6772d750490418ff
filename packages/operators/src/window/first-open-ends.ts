import { isValidAt } from "@millrace/columnar";
import { hiddenColumns } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";
import type { WindowLayout } from "./window-layout.ts";

/**
 * Per row, the end of the first window over its time that its own `$watermark` had not closed.
 *
 * Only the row's own watermark decides: the operator's depends on what other partitions have read
 * by then.
 *
 * @returns undefined when no row's watermark had closed a window over it, which is the usual case
 */
export function firstOpenEnds(
  batch: RecordBatch,
  times: Float64Array,
  layout: WindowLayout,
  allowedLatenessMs: number,
): Float64Array | undefined {
  const data = findColumn(batch, hiddenColumns.watermark);
  if (data === undefined || data.nullCount === batch.numRows) return undefined;
  const watermarks = readNumbers(data);
  let ends: Float64Array | undefined;
  for (let row = 0; row < batch.numRows; row += 1) {
    if (!isValidAt(data, row)) continue;
    const time = times[row] as number;
    const closed = (watermarks[row] as number) - allowedLatenessMs;
    if (layout.firstEndOf(time) > closed) continue;
    ends ??= usualEnds(times, batch.numRows, layout);
    ends[row] = layout.firstEndAfter(time, closed);
  }
  return ends;
}

function usualEnds(times: Float64Array, count: number, layout: WindowLayout): Float64Array {
  const ends = new Float64Array(count);
  for (let row = 0; row < count; row += 1) ends[row] = layout.firstEndOf(times[row] as number);
  return ends;
}
