import { columnOf, makeBatch, takeRows } from "@millrace/columnar";
import { type Collector, hiddenColumns, type OperatorCounts, type RowSchema } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { hiddenColumnsOf, OutputLayouts } from "../output-layout.ts";
import { splitLateRows } from "../window/late-rows.ts";
import { RowBuffer } from "./row-buffer.ts";

/**
 * What comes into an event-ordered operator: late rows go aside, the others wait for the watermark.
 *
 * A row is late iff its own `$watermark` is after its time.
 */
export class OrderedInput {
  readonly buffer: RowBuffer;
  readonly #counts: OperatorCounts;
  readonly #layouts: OutputLayouts;
  readonly #columnCount: number;

  constructor(input: RowSchema, keys: readonly string[], counts: OperatorCounts) {
    this.buffer = new RowBuffer(keys);
    this.#counts = counts;
    this.#columnCount = input.fields.length;
    this.#layouts = new OutputLayouts(input, [hiddenColumns.watermark]);
  }

  add(batch: RecordBatch, out: Collector): void {
    const count = batch.numRows;
    if (count === 0) return;
    this.#counts.rowsIn += count;
    const times = readNumbers(columnOf(batch, hiddenColumns.time));
    const split = splitLateRows(batch, times, (time) => time + 1);
    if (split !== undefined) {
      this.#counts.late += split.lateCount;
      out.emitLate(takeRows(batch, split.late, split.lateCount));
    }
    const onTime = split === undefined ? batch : takeRows(batch, split.onTime, split.onTimeCount);
    this.#counts.accepted += onTime.numRows;
    this.buffer.add(this.#withoutWatermark(onTime));
  }

  /** Lateness has been decided, so `$watermark` ends here. */
  #withoutWatermark(batch: RecordBatch): RecordBatch {
    const layout = this.#layouts.of(batch.schema);
    if (layout.schema.fields.length === batch.schema.fields.length) return batch;
    const columns = batch.data.children.slice(0, this.#columnCount) as Data[];
    const all = [...columns, ...hiddenColumnsOf(batch, layout)];
    return makeBatch(layout.schema, all, batch.numRows);
  }
}
