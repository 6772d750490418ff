import { columnOf, hashColumns, takeRows } from "@millrace/columnar";
import {
  assert,
  type Collector,
  type FieldType,
  findField,
  hiddenColumns,
  millraceError,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { AggregateCall, WindowAggregateSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { CallInput } from "../aggregate/call-input.ts";
import { planAccumulator } from "../aggregate/create-accumulator.ts";
import { EventOrder } from "../aggregate/event-order.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { Scratch } from "../scratch.ts";
import { ClosedWindows } from "./closed-windows.ts";
import { splitLateRows } from "./late-rows.ts";
import { RowsByWindow, type WindowRows } from "./rows-by-window.ts";
import { tableShapes } from "./table-shapes.ts";
import { WindowStore } from "./window-store.ts";
import { WindowTable } from "./window-table.ts";

// Invariants:
//   W1. A row is late iff its own `$watermark` had reached its window's end plus the allowed
//       lateness.
//   W2. A row that is not late never belongs to a window that has closed.
//   W3. A window closes once, at the first watermark that reaches its end plus the allowed
//       lateness, and is freed whole.

function keyField(schema: RowSchema, name: string): FieldType {
  const field = findField(schema, name);
  assert(field !== undefined, `the input has the key column ${name}`);
  return field;
}

/**
 * Aggregates rows per key in tumbling event-time windows `[n·size + offset, (n+1)·size + offset)`,
 * epoch-aligned.
 *
 * Emits each window once, when the watermark reaches its end plus the allowed lateness; rows after
 * that are late.
 *
 * **Shape** in: key and argument columns, `$time` · out: keys, `windowStart`, `windowEnd`, results,
 * `$time`
 * **State** per (key, open window): the key, 8 to 48 bytes per aggregate; sketches and distinct
 * sets by what they hold
 * **Cost**  O(rows) per batch, one key look-up and one addition per aggregate and row; nothing is
 * allocated per row. Closing sorts the window's keys.
 * **Nulls** a null key is a group of its own; a null argument is left out
 * **Source** Akidau et al., "The Dataflow Model", VLDB 2015
 */
export class WindowAggregateOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: WindowAggregateSpec;
  readonly #store: WindowStore;
  readonly #inputs: readonly CallInput[];
  readonly #closed: ClosedWindows;
  readonly #byWindow: RowsByWindow;
  readonly #order = new EventOrder();
  readonly #scratch = new Scratch();
  readonly #visit: (part: WindowRows) => void;
  #watermark = -Infinity;
  #keyColumns: readonly Data[] = [];
  #hashes: Uint32Array = new Uint32Array(0);

  constructor(
    spec: WindowAggregateSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    operatorId: string,
  ) {
    this.#spec = spec;
    const keys = spec.keys.map((name) => keyField(schemas.input, name));
    const calls = spec.calls.map((call, index) => ({
      call,
      plan: planAccumulator(call, () => this.#failSum(index, operatorId)),
    }));
    const closesAfterMs = spec.window.sizeMs + spec.allowedLatenessMs;
    this.#store = new WindowStore({ keys, calls, closesAfterMs, operatorId });
    this.#inputs = calls.map(({ call, plan }) => new CallInput(call, plan.form, this.#order));
    this.#closed = new ClosedWindows({
      keys,
      calls,
      columns: spec.columns,
      sizeMs: spec.window.sizeMs,
      fields: schemas.output.fields,
    });
    this.#byWindow = new RowsByWindow(spec.window);
    this.#visit = (part) => this.#addRows(part);
    const onRestored = (watermark: number): void => {
      this.#watermark = Math.max(this.#watermark, watermark);
    };
    this.state = tableShapes(calls).map(
      (shape) => new WindowTable(shape, this.#store, spec.window, onRestored),
    );
  }

  #failSum(call: number, operatorId: string): never {
    const column = this.#spec.columns.find(({ expression }) => readsCall(expression, call));
    throw millraceError(
      "RUN_SUM_OVERFLOW",
      { operatorId, column: column?.name ?? `$${call}` },
      { where: { operatorId } },
    );
  }

  process(batch: RecordBatch, out: Collector): void {
    const count = batch.numRows;
    if (count === 0) return;
    this.counts.rowsIn += count;
    const times = readNumbers(columnOf(batch, hiddenColumns.time), this.#scratch.floats(count));
    const closesAfterMs = this.#spec.window.sizeMs + this.#spec.allowedLatenessMs;
    const split = splitLateRows(
      batch,
      times,
      (time) => this.#byWindow.startOf(time) + closesAfterMs,
    );
    if (split !== undefined) {
      this.counts.late += split.lateCount;
      out.emitLate(takeRows(batch, split.late, split.lateCount));
    }
    const rowCount = split?.onTimeCount ?? count;
    this.counts.accepted += rowCount;
    if (rowCount === 0) return;
    this.#keyColumns = this.#spec.keys.map((name) => columnOf(batch, name));
    this.#hashes = hashColumns(this.#keyColumns, count, this.#scratch.words(count));
    this.#order.reset(batch);
    for (const input of this.#inputs) input.prepare(batch);
    this.#byWindow.split(times, split?.onTime, rowCount, this.#visit);
  }

  #addRows(part: WindowRows): void {
    const { windowStart, rows, count, isWhole } = part;
    assert(
      !this.#store.isClosedAt(windowStart, this.#watermark),
      "a row that is not late belongs to a window that is open",
    );
    const window = this.#store.open(windowStart);
    const groups = this.#scratch.ints(0, count);
    const lookedUp = isWhole ? undefined : rows;
    window.groups.lookup(this.#keyColumns, this.#hashes, lookedUp, count, groups);
    this.#store.checkBounds();
    window.ensure();
    window.touch(groups, count);
    for (let call = 0; call < this.#inputs.length; call += 1) {
      const state = window.calls[call];
      const input = this.#inputs[call]?.pick(rows, groups, count);
      if (state === undefined || input === undefined) continue;
      state.distinct?.keepNew(input);
      state.accumulator.add(input);
    }
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    const emit = (batch: RecordBatch): void => {
      this.counts.rowsOut += batch.numRows;
      out.emit(batch);
    };
    for (const window of this.#store.takeClosed(watermark)) this.#closed.add(window, emit);
    this.#closed.flush(emit);
  }
}

function readsCall(expression: AggregateCall["argument"], call: number): boolean {
  if (expression?.kind === "column") return expression.name === `$${call}`;
  return expression?.kind === "call" && expression.arguments.some((a) => readsCall(a, call));
}
