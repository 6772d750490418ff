import { columnOf, isValidAt } from "@millrace/columnar";
import { hiddenColumns, type SeriesPoints } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";

/** A numeric column as float64, with NaN for nulls. */
function numbersOrNaN(data: Data): Float64Array {
  const values = readNumbers(data);
  if (data.nullCount === 0) return values;
  const copy = values.slice(0, data.length);
  for (let row = 0; row < data.length; row += 1) {
    if (!isValidAt(data, row)) copy[row] = Number.NaN;
  }
  return copy;
}

/**
 * The points of a batch in event order; a point's time is its window's start, else its event time.
 */
export function seriesPoints(batch: RecordBatch, series: Int32Array, value: string): SeriesPoints {
  const windowStart = findColumn(batch, "windowStart");
  return {
    count: batch.numRows,
    series,
    time: readNumbers(windowStart ?? columnOf(batch, hiddenColumns.time)),
    value: numbersOrNaN(columnOf(batch, value)),
  };
}

/** Points [from, to), as views. */
export function slicePoints(points: SeriesPoints, from: number, to: number): SeriesPoints {
  return {
    count: to - from,
    series: points.series.subarray(from, to),
    time: points.time.subarray(from, to),
    value: points.value.subarray(from, to),
  };
}
