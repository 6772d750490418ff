import { compileExpression, compilePredicate, isValidAt } from "@millrace/columnar";
import type { AggregateCall } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";

/** Argument and filter of a call over the batch at hand. */
export class FrameArgument {
  readonly #argument: { evaluate(batch: RecordBatch): Data } | undefined;
  readonly #filter: { select(batch: RecordBatch, into: Int32Array): number } | undefined;
  #passes: Uint8Array | undefined;
  /** The argument; undefined for `count()`. */
  data: Data | undefined;

  constructor(call: AggregateCall) {
    this.#argument = call.argument === undefined ? undefined : compileExpression(call.argument);
    this.#filter = call.filter === undefined ? undefined : compilePredicate(call.filter);
  }

  prepare(batch: RecordBatch): void {
    this.data = this.#argument?.evaluate(batch);
    if (this.#filter === undefined) return;
    const rows = new Int32Array(batch.numRows);
    const count = this.#filter.select(batch, rows);
    const passes = new Uint8Array(batch.numRows);
    for (let i = 0; i < count; i += 1) passes[rows[i] as number] = 1;
    this.#passes = passes;
  }

  /** Whether a row passes the filter with an argument that is not null. */
  isPresent(row: number): boolean {
    if (this.#passes !== undefined && this.#passes[row] === 0) return false;
    return this.data === undefined || isValidAt(this.data, row);
  }
}
