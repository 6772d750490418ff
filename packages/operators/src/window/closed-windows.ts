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

/** Start and end of the window of each group. */
export interface WindowSpans {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** One window for all groups. */
export function constantSpans(
  window: { readonly start: number; readonly end: number },
  count: number,
): WindowSpans {
  return {
    starts: new Float64Array(count).fill(window.start),
    ends: new Float64Array(count).fill(window.end),
  };
}

/**
 * Writes the rows of closed windows: window after window, keys ascending, in few batches of about
 * 65,536 rows.
 *
 * Columns: keys, `windowStart`, `windowEnd`, results, `$time` = windowEnd − 1.
 */
export class ClosedWindows {
  readonly #keys: readonly FieldType[];
  readonly #keyCount: number;
  readonly #callFields: readonly FieldType[];
  readonly #results: readonly { evaluate(batch: RecordBatch): Data }[];
  readonly #fields: readonly FieldType[];
  #pending: RecordBatch[] = [];
  #pendingRows = 0;

  constructor(options: {
    /** The keys by which groups are told apart and ordered. */
    readonly keys: readonly FieldType[];
    /** How many of them are columns of the output. */
    readonly keyCount: number;
    readonly calls: readonly WindowCall[];
    readonly columns: readonly NamedExpression[];
    /** Columns of the output, without hidden ones. */
    readonly fields: readonly FieldType[];
  }) {
    this.#keys = options.keys;
    this.#keyCount = options.keyCount;
    this.#callFields = options.calls.map(({ call }, i) => ({ name: `$${i}`, type: call.type }));
    this.#results = options.columns.map(({ expression }) => compileExpression(expression));
    this.#fields = [...options.fields, timeField];
  }

  /** Adds the groups of a window; emits when enough rows have come together. */
  add(window: OpenWindow, spans: WindowSpans, emit: (batch: RecordBatch) => void): void {
    const batch = this.#rowsOf(window, spans);
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

  #rowsOf(window: OpenWindow, spans: WindowSpans): RecordBatch {
    const count = window.groups.size;
    const unordered = Scratch.identity(count);
    const order = orderByKeys(window.groups.keyColumns(unordered, count), this.#keys, count);
    const results = window.calls.map((c) => c.accumulator.result(order, count));
    const calls = makeBatch(batchSchema(this.#callFields), results, count);
    const ends = inOrder(spans.ends, order, 0);
    const keyColumns = window.groups.keyColumns(order, count);
    const columns = [
      ...keyColumns.slice(0, this.#keyCount),
      timestampColumn(inOrder(spans.starts, order, 0), count),
      timestampColumn(ends, count),
      ...this.#results.map((result) => result.evaluate(calls)),
      int64Column(inOrder(spans.ends, order, -1), count),
    ];
    return makeBatch(batchSchema(this.#fields), columns, count);
  }
}

function inOrder(values: Float64Array, order: Int32Array, plus: number): Float64Array {
  const out = new Float64Array(order.length);
  for (let i = 0; i < order.length; i += 1) out[i] = (values[order[i] as number] as number) + plus;
  return out;
}
