import { makeBatch } from "@millrace/columnar";
import { type Collector, hiddenColumns, type OperatorCounts, type RowSchema } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { hiddenColumnsOf, OutputLayouts } from "../output-layout.ts";
import { onTimeRows } from "../window/late-rows.ts";
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

  /** @param tieColumns number columns that order rows of equal time */
  constructor(
    input: RowSchema,
    keys: readonly string[],
    counts: OperatorCounts,
    tieColumns: readonly string[] = [],
  ) {
    this.buffer = new RowBuffer(keys, tieColumns);
    this.#counts = counts;
    this.#columnCount = input.fields.length;
    this.#layouts = new OutputLayouts(input, [hiddenColumns.watermark]);
  }

  add(batch: RecordBatch, out: Collector): void {
    const onTime = onTimeRows(batch, this.#counts, out, (time) => time + 1);
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
