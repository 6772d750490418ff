import { columnOf, hasColumn, isValidAt } from "@millrace/columnar";
import { hiddenColumns } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";

/** When rows happened, and when they came. */
export interface RowTimes {
  /** Absent where rows have no event time. */
  readonly times: Float64Array | undefined;
  /** Each row's `$watermark` where that is after its time, else its time; absent where none is. */
  readonly behind: Float64Array | undefined;
}

/** Reads `$time` and `$watermark`. */
export function rowTimes(batch: RecordBatch): RowTimes {
  if (!hasColumn(batch, hiddenColumns.time)) return { times: undefined, behind: undefined };
  const times = readNumbers(columnOf(batch, hiddenColumns.time));
  const marks = findColumn(batch, hiddenColumns.watermark);
  if (marks === undefined) return { times, behind: undefined };
  const watermarks = readNumbers(marks);
  const behind = Float64Array.from({ length: batch.numRows }, (_, row) => {
    const time = times[row] as number;
    return isValidAt(marks, row) ? Math.max(time, watermarks[row] as number) : time;
  });
  return { times, behind };
}
