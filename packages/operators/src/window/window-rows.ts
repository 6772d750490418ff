import {
  batchSchema,
  compileExpression,
  int64Column,
  makeBatch,
  timestampColumn,
} from "@millrace/columnar";
import { type FieldType, timeField } from "@millrace/core";
import type { NamedExpression } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import { orderByKeys } from "./key-order.ts";
import type { OpenWindow, WindowCall } from "./open-window.ts";

/** Start and end of the window of each group. */
export interface GroupSpans {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** Start and end of the one window of all groups, or of that of each group. */
export type WindowSpans = { readonly start: number; readonly end: number } | GroupSpans;

/** How the rows of windows are made. */
export interface WindowRowsOptions {
  /** The keys by which groups are told apart and ordered. */
  readonly keys: readonly FieldType[];
  /** How many of them are columns of the output. */
  readonly keyCount: number;
  readonly calls: readonly WindowCall[];
  readonly columns: readonly NamedExpression[];
  /** Columns of the output, without hidden ones. */
  readonly fields: readonly FieldType[];
}

/**
 * Makes rows of groups: keys, `windowStart`, `windowEnd`, results, `$time` = windowEnd − 1.
 *
 * **Cost** per row one result per aggregate, and a sort by the keys
 */
export class WindowRows {
  readonly #keys: readonly FieldType[];
  readonly #keyCount: number;
  readonly #calls: ReturnType<typeof batchSchema>;
  readonly #results: readonly { evaluate(batch: RecordBatch): Data }[];
  readonly #schema: ReturnType<typeof batchSchema>;

  constructor(options: WindowRowsOptions) {
    this.#keys = options.keys;
    this.#keyCount = options.keyCount;
    this.#calls = batchSchema(
      options.calls.map(({ call }, i) => ({ name: `$${i}`, type: call.type })),
    );
    this.#results = options.columns.map(({ expression }) => compileExpression(expression));
    this.#schema = batchSchema([...options.fields, timeField]);
  }

  /**
   * The rows of a window's groups, keys ascending.
   *
   * @param spans by group of the window
   * @param groups which; all unless given
   */
  of(window: OpenWindow, spans: WindowSpans, groups?: Int32Array): RecordBatch {
    const chosen = groups ?? Scratch.identity(window.groups.size);
    const count = groups?.length ?? window.groups.size;
    const order = orderByKeys(window.groups.keyColumns(chosen, count), this.#keys, count);
    if (groups !== undefined) {
      for (let i = 0; i < count; i += 1) order[i] = groups[order[i] as number] as number;
    }
    const results = window.calls.map((c) => c.accumulator.result(order, count));
    const calls = makeBatch(this.#calls, results, count);
    const [starts, ends] = "start" in spans ? [spans.start, spans.end] : [spans.starts, spans.ends];
    const columns = [
      ...window.groups.keyColumns(order, count).slice(0, this.#keyCount),
      timestampColumn(inOrder(starts, order, 0), count),
      timestampColumn(inOrder(ends, order, 0), count),
      ...this.#results.map((result) => result.evaluate(calls)),
      int64Column(inOrder(ends, order, -1), count),
    ];
    return makeBatch(this.#schema, columns, count);
  }
}

function inOrder(values: Float64Array | number, order: Int32Array, plus: number): Float64Array {
  const out = new Float64Array(order.length);
  if (typeof values === "number") return out.fill(values + plus);
  for (let i = 0; i < order.length; i += 1) out[i] = (values[order[i] as number] as number) + plus;
  return out;
}
