import { batchSchema, columnOf, compileExpression, makeBatch } from "@millrace/columnar";
import {
  assert,
  type Collector,
  hiddenColumns,
  millraceError,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { AggregateCall, OverSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { isReadAsNumber, readNumbers } from "../aggregate/read-numbers.ts";
import { hiddenColumnsOf, OutputLayouts } from "../output-layout.ts";
import { OrderedInput } from "../series/ordered-input.ts";
import { keyFieldsOf } from "../window/plan-calls.ts";
import type { FrameFunction } from "./frame-function.ts";
import { FrameRows } from "./frame-rows.ts";
import { NumberFrame } from "./number-frame.ts";
import { numberMonoid } from "./number-monoid.ts";
import { ValueFrame } from "./value-frame.ts";

/**
 * Adds to each row aggregates over the rows of its key up to it in event order: those of the last
 * time, or so many.
 *
 * A row comes out when the watermark has passed it. Frames of time take in all rows of the row's
 * own time, as SQL's RANGE does; frames of rows go by time, tie columns, then source, partition and
 * offset.
 *
 * **Shape** the input's columns, results, hidden columns
 * **State** rows that wait for the watermark; per key the arguments of the rows in the frame of a
 * row to come: of a time those within it, of a count that many, for every key ever seen
 * **Cost**  O(rows), one key look-up and on average three combinations per aggregate and row,
 * whatever the frame's length; rows that come out of order are sorted
 * **Nulls** a null key is a key of its own; a null argument is left out
 * **Source** see `FrameRows`
 */
export class OverOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: OverSpec;
  readonly #input: OrderedInput;
  readonly #inputCount: number;
  readonly #functions: readonly FrameFunction[];
  readonly #frames: FrameRows;
  readonly #calls: ReturnType<typeof batchSchema>;
  readonly #results: readonly { evaluate(batch: RecordBatch): Data }[];
  readonly #layouts: OutputLayouts;

  constructor(
    spec: OverSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    operatorId: string,
  ) {
    this.#spec = spec;
    this.#input = new OrderedInput(schemas.input, spec.keys, this.counts, spec.tieColumns);
    this.#inputCount = schemas.input.fields.length;
    this.#functions = spec.calls.map((call) => frameFunction(call, operatorId));
    const keys = keyFieldsOf(spec.keys, schemas.input);
    this.#frames = new FrameRows(keys, spec.frame, this.#functions, operatorId);
    this.#calls = batchSchema(spec.calls.map(({ type }, i) => ({ name: `$${i}`, type })));
    this.#results = spec.columns.map(({ expression }) => compileExpression(expression));
    this.#layouts = new OutputLayouts(schemas.output);
    this.state = [this.#input.buffer, this.#frames];
  }

  process(batch: RecordBatch, out: Collector): void {
    this.#input.add(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    const batch = this.#input.buffer.takeBefore(watermark);
    if (batch !== undefined) this.#emit(batch, out);
    this.#frames.forget(watermark);
  }

  #emit(batch: RecordBatch, out: Collector): void {
    const count = batch.numRows;
    for (const each of this.#functions) each.prepare(batch);
    const keys = this.#spec.keys.map((name) => columnOf(batch, name));
    const times = readNumbers(columnOf(batch, hiddenColumns.time));
    this.#frames.addAll(keys, times, count);
    const results = this.#functions.map((each) => each.takeResults());
    const calls = makeBatch(this.#calls, results, count);
    const layout = this.#layouts.of(batch.schema);
    const columns = [
      ...(batch.data.children.slice(0, this.#inputCount) as Data[]),
      ...this.#results.map((result) => result.evaluate(calls)),
      ...hiddenColumnsOf(batch, layout),
    ];
    this.counts.rowsOut += count;
    out.emit(makeBatch(layout.schema, columns, count));
  }
}

function frameFunction(call: AggregateCall, operatorId: string): FrameFunction {
  const overflow = (): never => {
    const column = call.function;
    throw millraceError("RUN_SUM_OVERFLOW", { operatorId, column }, { where: { operatorId } });
  };
  const { argument } = call;
  const isChoice = ["min", "max", "first", "last"].includes(call.function);
  if (isChoice && argument !== undefined && !isReadAsNumber(argument.type)) {
    return new ValueFrame(call, argument.type);
  }
  const monoid = numberMonoid(call, overflow);
  assert(monoid !== undefined, `planning refuses ${call.function} over frames`);
  return new NumberFrame(call, monoid);
}
