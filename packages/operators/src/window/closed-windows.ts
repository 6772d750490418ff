import {
  batchSchema,
  compileExpression,
  concatBatches,
  int64Column,
  makeBatch,
  sliceRows,
  timestampColumn,
} from "@millrace/columnar";
import { type FieldType, limits, timeField } from "@millrace/core";
import type { NamedExpression } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import { orderByKeys } from "./key-order.ts";
import type { OpenWindow, WindowCall } from "./open-window.ts";

/**
 * Writes the rows of closed windows: window after window, keys ascending, in few batches of about
 * 65,536 rows.
 *
 * Columns: keys, `windowStart`, `windowEnd`, results, `$time` = windowEnd − 1.
 */
export class ClosedWindows {
  readonly #keys: readonly FieldType[];
  readonly #callFields: readonly FieldType[];
  readonly #results: readonly { evaluate(batch: RecordBatch): Data }[];
  readonly #fields: readonly FieldType[];
  #pending: RecordBatch[] = [];
  #pendingRows = 0;

  constructor(options: {
    readonly keys: readonly FieldType[];
    readonly calls: readonly WindowCall[];
    readonly columns: readonly NamedExpression[];
    /** Columns of the output, without hidden ones. */
    readonly fields: readonly FieldType[];
  }) {
    this.#keys = options.keys;
    this.#callFields = options.calls.map(({ call }, i) => ({ name: `$${i}`, type: call.type }));
    this.#results = options.columns.map(({ expression }) => compileExpression(expression));
    this.#fields = [...options.fields, timeField];
  }

  /** Adds a window `[start, end)`; emits when enough rows have come together. */
  add(
    window: OpenWindow,
    span: { readonly start: number; readonly end: number },
    emit: (batch: RecordBatch) => void,
  ): void {
    const batch = this.#rowsOf(window, span);
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

  #rowsOf(
    window: OpenWindow,
    { start, end }: { readonly start: number; readonly end: number },
  ): RecordBatch {
    const count = window.groups.size;
    const unordered = Scratch.identity(count);
    const order = orderByKeys(window.groups.keyColumns(unordered, count), this.#keys, count);
    const results = window.calls.map((c) => c.accumulator.result(order, count));
    const calls = makeBatch(batchSchema(this.#callFields), results, count);
    const constant = (value: number): Float64Array => new Float64Array(count).fill(value);
    const columns = [
      ...window.groups.keyColumns(order, count),
      timestampColumn(constant(start), count),
      timestampColumn(constant(end), count),
      ...this.#results.map((result) => result.evaluate(calls)),
      int64Column(constant(end - 1), count),
    ];
    return makeBatch(batchSchema(this.#fields), columns, count);
  }
}
