import { columnOf, rowReader } from "@millrace/columnar";
import {
  type Collector,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { ProcessSpec, UserFunction } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { FailedRows } from "../failed-rows.ts";
import { findFunction } from "../find-function.ts";
import type { OperatorContext } from "../operator-context.ts";
import { OrderedInput } from "../series/ordered-input.ts";
import { ProcessCall } from "./process-call.ts";

const compactFrom = 1_024;

/**
 * Runs a user function for each row with the state of the row's key, and for each timer of a key.
 *
 * In event order, rows wait for the watermark; rows and timers then come by time, a timer before
 * the rows of its instant. In arrival order a row is taken at once, late or not. What a call
 * changes and emits counts only if it succeeds.
 *
 * **Shape** out: the function's rows with `$time`, the event time of the row or timer
 * **State** waiting rows; what the function keeps, of at most `limits.processKeysMax` keys with
 *   `limits.processEntriesMax` entries a state; keys without any leave memory, and with
 *   `forgetAfterMs` also keys that were not in use for as long
 * **Cost**  an object and a call per row
 * **Errors** `RUN_STATE_TOO_LARGE` beyond the bounds; a function that fails: see `OnError`
 */
export class ProcessOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: ProcessSpec;
  readonly #ordered: OrderedInput | undefined;
  readonly #call: ProcessCall;
  readonly #failed: FailedRows;
  readonly #read: (batch: RecordBatch, row: number) => Record<string, unknown>;
  readonly #onRow: UserFunction;
  readonly #onTimer: UserFunction | undefined;
  #compactAt = compactFrom;

  constructor(
    spec: ProcessSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: OperatorContext,
  ) {
    const { operatorId } = context;
    this.#spec = spec;
    this.#onRow = findFunction(context, spec.onRowId);
    this.#onTimer =
      spec.onTimerId === undefined ? undefined : findFunction(context, spec.onTimerId);
    const step = `process ${JSON.stringify(operatorId)}`;
    this.#failed = new FailedRows({ ...spec, step }, operatorId, this.counts);
    this.#read = rowReader(schemas.input);
    this.#call = new ProcessCall(spec, schemas, operatorId);
    this.#ordered =
      spec.order === "event" ? new OrderedInput(schemas.input, spec.keys, this.counts) : undefined;
    const waiting = this.#ordered === undefined ? [] : [this.#ordered.buffer];
    this.state = [...waiting, ...this.#call.tables];
  }

  process(batch: RecordBatch, out: Collector): void {
    if (this.#ordered !== undefined) return this.#ordered.add(batch, out);
    this.counts.rowsIn += batch.numRows;
    this.counts.accepted += batch.numRows;
    this.#takeRows(batch, out);
    this.#flush(out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    this.#call.watermark = watermark;
    const ready = this.#ordered?.buffer.takeBefore(watermark);
    if (ready !== undefined) this.#takeRows(ready, out);
    this.#call.isEnding = watermark === Infinity;
    this.#fireUntil(watermark, out);
    this.#flush(out);
    this.#forget(watermark);
  }

  #takeRows(batch: RecordBatch, out: Collector): void {
    const { numRows } = batch;
    if (numRows === 0) return;
    const call = this.#call;
    const times = Float64Array.from(
      readNumbers(columnOf(batch, hiddenColumns.time)).subarray(0, numRows),
    );
    const keys = call.keys.of(batch);
    for (let row = 0; row < numRows; row += 1) {
      const time = times[row] as number;
      if (this.#ordered !== undefined) this.#fireUntil(time, out);
      const value = this.#read(batch, row);
      const key = keys[row] as number;
      call.begin(key, time, "row");
      call.expire(this.#spec.forgetAfterMs);
      call.use(time);
      try {
        checkResult(this.#onRow(value, call.context));
        call.keep();
      } catch (error) {
        call.takeBack(error);
        this.counts.accepted -= 1;
        this.#failed.take(batch, row, value, error, out);
      }
      if (this.#ordered === undefined) this.#fireUntil(call.watermark, out);
      if (call.isFull) this.#flush(out);
    }
  }

  /** Fires the timers that are due, by time and then by key. */
  #fireUntil(time: number, out: Collector): void {
    const call = this.#call;
    for (let at = call.timers.nextAt(); at <= time && at < Infinity; at = call.timers.nextAt()) {
      for (const key of call.timers.takeAt(at)) this.#fire(key, at, out);
    }
  }

  #fire(key: number, at: number, out: Collector): void {
    const call = this.#call;
    call.begin(key, at, "timer");
    try {
      checkResult(this.#onTimer?.(call.context));
      call.keep();
    } catch (error) {
      call.takeBack(error);
      this.#failed.takeTimer({ ...call.keys.valuesOf(key), timer: at }, error, out);
    }
    if (call.isFull) this.#flush(out);
  }

  #flush(out: Collector): void {
    const { main, sides } = this.#call.takeRows();
    if (main !== undefined) {
      this.counts.rowsOut += main.numRows;
      out.emit(main);
    }
    for (const [name, rows] of sides) out.emitSide(name, rows);
  }

  /** Drops keys without state, when enough may have gathered. */
  #forget(watermark: number): void {
    const { keys } = this.#call;
    if (keys.size < this.#compactAt) return;
    const inUse = this.#call.forget(watermark, this.#spec.forgetAfterMs);
    this.#compactAt = Math.max(compactFrom, inUse * 2);
  }
}

/** A promise would settle when the state of its key is no longer at hand. */
function checkResult(result: unknown): void {
  if (typeof result === "object" && result !== null && "then" in result) {
    throw new TypeError("it must not be async; use mapAsync");
  }
}
