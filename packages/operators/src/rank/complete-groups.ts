import { columnOf, isValidAt } from "@millrace/columnar";
import { hiddenColumns } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { findColumn } from "../find-column.ts";
import type { LateSplit } from "../window/late-rows.ts";

/** When the groups are complete: each at the time in a key column, in ms. A null never comes. */
export class CompleteGroups {
  readonly #column: string;
  #times: number[] = [];
  #nextTime = Infinity;

  constructor(column: string) {
    this.#column = column;
  }

  /**
   * Splits off the rows that come too late: the time of their group is not after their own, or
   * their own watermark had reached it. By the row alone, so that batching cannot change it.
   */
  splitLate(batch: RecordBatch): LateSplit | undefined {
    const count = batch.numRows;
    const ends = this.#timesOf(batch);
    const times = readNumbers(columnOf(batch, hiddenColumns.time));
    const data = findColumn(batch, hiddenColumns.watermark);
    const watermarks = data === undefined ? undefined : readNumbers(data);
    const onTime = new Int32Array(count);
    const late = new Int32Array(count);
    let onTimeCount = 0;
    let lateCount = 0;
    for (let row = 0; row < count; row += 1) {
      const end = ends[row] as number;
      const hasPassed =
        watermarks !== undefined &&
        data !== undefined &&
        isValidAt(data, row) &&
        end <= (watermarks[row] as number);
      if (hasPassed || end <= (times[row] as number)) late[lateCount++] = row;
      else onTime[onTimeCount++] = row;
    }
    return lateCount === 0 ? undefined : { onTime, onTimeCount, late, lateCount };
  }

  #timesOf(batch: RecordBatch): Float64Array {
    const data = columnOf(batch, this.#column);
    const values = readNumbers(data);
    if (data.nullCount === 0) return values;
    return Float64Array.from({ length: batch.numRows }, (_, row) =>
      isValidAt(data, row) ? (values[row] as number) : Infinity,
    );
  }

  /** Takes note of the groups of rows. */
  add(batch: RecordBatch, groups: Int32Array): void {
    const times = this.#timesOf(batch);
    for (let row = 0; row < batch.numRows; row += 1) {
      const time = times[row] as number;
      this.#times[groups[row] as number] = time;
      if (time < this.#nextTime) this.#nextTime = time;
    }
  }

  /** Groups that are complete at the watermark, each once, by ascending time. */
  takeDue(watermark: number): number[] {
    if (this.#nextTime > watermark) return [];
    const due: { readonly group: number; readonly time: number }[] = [];
    this.#nextTime = Infinity;
    for (let group = 0; group < this.#times.length; group += 1) {
      const time = this.#times[group] ?? Number.NaN;
      if (time <= watermark) {
        due.push({ group, time });
        this.#times[group] = Number.NaN;
      } else if (time < this.#nextTime) this.#nextTime = time;
    }
    return due.sort((a, b) => a.time - b.time || a.group - b.group).map(({ group }) => group);
  }

  /** Forgets all groups, before they are numbered anew. */
  clear(): void {
    this.#times = [];
    this.#nextTime = Infinity;
  }
}
