import { concatBatches, sliceRows } from "@millrace/columnar";
import { limits } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import type { OpenWindow } from "./open-window.ts";
import { WindowRows, type WindowRowsOptions, type WindowSpans } from "./window-rows.ts";

/**
 * Writes the rows of closed windows: window after window, keys ascending, in few batches of about
 * 65,536 rows.
 *
 * Columns: keys, `windowStart`, `windowEnd`, results, `$time` = windowEnd − 1.
 */
export class ClosedWindows {
  readonly #rows: WindowRows;
  #pending: RecordBatch[] = [];
  #pendingRows = 0;

  constructor(options: WindowRowsOptions) {
    this.#rows = new WindowRows(options);
  }

  /** Adds the groups of a window; emits when enough rows have come together. */
  add(
    window: OpenWindow,
    spans: WindowSpans,
    emit: (batch: RecordBatch) => void,
    groups?: Int32Array,
  ): void {
    const batch = this.#rows.of(window, spans, groups);
    if (batch.numRows >= limits.batchRowsDefault) {
      this.flush(emit);
      for (let from = 0; from < batch.numRows; from += limits.batchRowsDefault) {
        const to = Math.min(from + limits.batchRowsDefault, batch.numRows);
        emit(sliceRows(batch, from, to));
      }
      return;
    }
    if (this.#pendingRows + batch.numRows > limits.batchRowsDefault) this.flush(emit);
    this.#pending.push(batch);
    this.#pendingRows += batch.numRows;
  }

  /** Emits what has not been emitted yet. */
  flush(emit: (batch: RecordBatch) => void): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingRows = 0;
    const [first] = pending;
    if (first !== undefined) emit(pending.length === 1 ? first : concatBatches(pending));
  }
}
