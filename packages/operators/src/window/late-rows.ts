import { columnOf, isValidAt, takeRows } from "@millrace/columnar";
import { type Collector, hiddenColumns, type OperatorCounts } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";

/** Rows of a batch, told apart by lateness, both in the order of the batch. */
export interface LateSplit {
  readonly onTime: Int32Array;
  readonly onTimeCount: number;
  readonly late: Int32Array;
  readonly lateCount: number;
}

/**
 * Splits off the rows that are late: those with a `$watermark` that had passed `deadlineOf` their
 * time.
 *
 * @param deadlineOf the watermark from which on a row of that time comes too late
 * @returns undefined when no row is late, which is the usual case and costs nothing
 */
export function splitLateRows(
  batch: RecordBatch,
  times: Float64Array,
  deadlineOf: (time: number) => number,
): LateSplit | undefined {
  const data = findColumn(batch, hiddenColumns.watermark);
  if (data === undefined) return undefined;
  const count = batch.numRows;
  const watermarks = readNumbers(data);
  const onTime = new Int32Array(count);
  const late = new Int32Array(count);
  let onTimeCount = 0;
  let lateCount = 0;
  for (let row = 0; row < count; row += 1) {
    const deadline = deadlineOf(times[row] as number);
    if (isValidAt(data, row) && deadline <= (watermarks[row] as number)) late[lateCount++] = row;
    else onTime[onTimeCount++] = row;
  }
  return lateCount === 0 ? undefined : { onTime, onTimeCount, late, lateCount };
}

/** The rows of a batch that are not late; the others go to the late output. Counts all of them. */
export function onTimeRows(
  batch: RecordBatch,
  counts: OperatorCounts,
  out: Collector,
  deadlineOf: (time: number) => number,
): RecordBatch {
  const count = batch.numRows;
  if (count === 0) return batch;
  counts.rowsIn += count;
  const times = readNumbers(columnOf(batch, hiddenColumns.time));
  const split = splitLateRows(batch, times, deadlineOf);
  if (split !== undefined) {
    counts.late += split.lateCount;
    out.emitLate(takeRows(batch, split.late, split.lateCount));
  }
  const onTime = split === undefined ? batch : takeRows(batch, split.onTime, split.onTimeCount);
  counts.accepted += onTime.numRows;
  return onTime;
}
