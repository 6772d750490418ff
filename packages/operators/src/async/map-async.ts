import { makeBatch, mapToInts, rowReader, takeRows } from "@millrace/columnar";
import {
  type Collector,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { MapAsyncSpec, UserFunction } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { FailedRows } from "../failed-rows.ts";
import { findFunction } from "../find-function.ts";
import type { OperatorContext } from "../operator-context.ts";
import { hiddenColumnsOf, OutputLayouts } from "../output-layout.ts";
import { AsyncCalls, type CallOutcome } from "./async-calls.ts";
import { inFlightRowsMax, RowsInFlight, type RowWork, type SettleRow } from "./rows-in-flight.ts";
import { settledColumns } from "./settled-columns.ts";

type Row = Record<string, unknown>;

/**
 * Runs an async user function over plain rows, one row or some rows a call.
 *
 * A row whose last attempt fails, takes too long, or gives what the output's type does not hold,
 * becomes a dead letter, unless `onError` says otherwise; of a call with several rows, all of them.
 *
 * **Shape** out: the function's rows; hidden columns pass through
 * **State** none: a task commits only what has its result, so rows that had none are read again and
 * the function is called for them again
 * **Cost**  an object, an outcome and a call per row; at most four times as many rows in flight as
 * the calls that go on hold, or two batches
 */
export class MapAsyncOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly inFlight: RowsInFlight;
  readonly #failed: FailedRows;
  readonly #read: (batch: RecordBatch, row: number) => Row;
  readonly #output: RowSchema;
  readonly #layouts: OutputLayouts;

  constructor(
    spec: MapAsyncSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: OperatorContext,
  ) {
    this.#failed = new FailedRows(spec, context.operatorId, this.counts);
    this.#read = rowReader(schemas.input);
    this.#output = schemas.output;
    this.#layouts = new OutputLayouts(schemas.output);
    const { calls } = spec;
    this.inFlight = new RowsInFlight({
      work: new RowCalls(spec, findFunction(context, spec.functionId), this.#read, context),
      give: (batch, rows, outcomes, out) => this.#give(batch, rows, outcomes, out),
      isOrdered: calls.order === "ordered",
      rowsMax: inFlightRowsMax(calls),
    });
  }

  process(batch: RecordBatch): void {
    if (batch.numRows === 0) return;
    this.counts.rowsIn += batch.numRows;
    this.inFlight.take(batch);
  }

  advanceWatermark(watermark: number): void {
    this.inFlight.reach(watermark);
  }

  #give(
    batch: RecordBatch,
    rows: readonly number[],
    outcomes: readonly (CallOutcome | undefined)[],
    out: Collector,
  ): void {
    const made: Row[] = [];
    const from: number[] = [];
    const refuse = (row: number, error: unknown): void =>
      this.#failed.take(batch, row, this.#read(batch, row), error, out);
    for (const row of rows) {
      const outcome = outcomes[row] as CallOutcome;
      if ("error" in outcome) refuse(row, outcome.error);
      else if (typeof outcome.value !== "object" || outcome.value === null) {
        refuse(row, new TypeError("it must return a row"));
      } else {
        made.push(outcome.value as Row);
        from.push(row);
      }
    }
    const { columns, kept } = settledColumns(this.#output, made, (at, error) =>
      refuse(from[at] as number, error),
    );
    if (kept.length === 0) return;
    this.counts.accepted += kept.length;
    this.counts.rowsOut += kept.length;
    const taken = mapToInts(kept, (at) => from[at] as number);
    const source = takeRows(batch, taken, kept.length);
    const layout = this.#layouts.of(source.schema);
    out.emit(
      makeBatch(layout.schema, [...columns, ...hiddenColumnsOf(source, layout)], kept.length),
    );
  }
}

/** The calls of a step, each for one row or for some that follow each other in their batch. */
class RowCalls implements RowWork {
  readonly #calls: AsyncCalls;
  readonly #function: UserFunction;
  readonly #read: (batch: RecordBatch, row: number) => Row;
  /** Absent: a call takes a row, not a list of rows. */
  readonly #rowsPerCall: number | undefined;

  constructor(
    { calls }: MapAsyncSpec,
    userFunction: UserFunction,
    read: (batch: RecordBatch, row: number) => Row,
    { clock }: OperatorContext,
  ) {
    this.#calls = new AsyncCalls(calls, clock);
    this.#function = userFunction;
    this.#read = read;
    this.#rowsPerCall = calls.rowsPerCall;
  }

  begin(batch: RecordBatch, from: number, settle: SettleRow): number {
    if (!this.#calls.hasRoom) return 0;
    if (this.#rowsPerCall === undefined) {
      const row = this.#read(batch, from);
      const call = this.#function;
      this.#calls.start(
        (context) => call(row, context),
        (outcome) => settle(from, outcome),
      );
      return 1;
    }
    const count = Math.min(this.#rowsPerCall, batch.numRows - from);
    this.#beginSome(batch, from, count, settle);
    return count;
  }

  #beginSome(batch: RecordBatch, from: number, count: number, settle: SettleRow): void {
    const rows = Array.from({ length: count }, (_, i) => this.#read(batch, from + i));
    const call = async (context: unknown): Promise<unknown> => {
      const made = await this.#function(rows, context);
      if (!Array.isArray(made) || made.length !== count) {
        throw new TypeError("it must return an array of as many rows as it was given");
      }
      return made;
    };
    this.#calls.start(call, (outcome) => {
      for (let i = 0; i < count; i += 1) {
        settle(from + i, "error" in outcome ? outcome : { value: (outcome.value as unknown[])[i] });
      }
    });
  }

  abort(): void {
    this.#calls.abort();
  }
}
