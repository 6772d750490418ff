import { columnOf, hashColumns, takeRows } from "@millrace/columnar";
import {
  assert,
  type Collector,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { SessionWindow, WindowAggregateSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { CallInput } from "../aggregate/call-input.ts";
import { EventOrder } from "../aggregate/event-order.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { Scratch } from "../scratch.ts";
import { splitLateRows } from "./late-rows.ts";
import { type AggregateContext, planCalls } from "./plan-calls.ts";
import { type PaneRows, RowsByPane } from "./rows-by-pane.ts";
import { timeCalls } from "./session-pane.ts";
import { type SessionOutput, SessionsAtClose } from "./session-output.ts";
import { SessionStore } from "./session-store.ts";
import { tableShapes } from "./table-shapes.ts";
import { UpdatingSessions } from "./updating-sessions.ts";
import { WindowTable } from "./window-table.ts";

/** A window aggregation over sessions. */
export type SessionSpec = WindowAggregateSpec & { readonly window: SessionWindow };

/**
 * Aggregates rows per key in sessions: rows that follow each other in less than a gap, from the
 * first row to the last row plus the gap.
 *
 * Emits a session once, when the watermark reaches its end plus the allowed lateness, or, with
 * `emit`, before that and again when it changes, with `$weight`. A row is late
 * iff its own `$watermark` had passed its time by more than the allowed lateness: any later row may
 * be near a session that has been emitted, depending on what other partitions have read, and so on
 * chance (decision 0007). Rows that are not late never touch one.
 *
 * **Shape** in: key and argument columns, `$time` · out: keys, `windowStart`, `windowEnd`, results,
 * `$time`
 * **State** per (key, stretch of a gap with rows in an open session): the key, 32 bytes, 8 to 48
 * bytes per aggregate; sketches and distinct sets by what they hold
 * **Cost**  O(rows) per batch, as for tumbling windows of the gap; closing looks through the panes
 * that are due, and merges and sorts the sessions that end
 * **Nulls** a null key is a group of its own; a null argument is left out
 * **Source** Akidau et al., "The Dataflow Model", VLDB 2015
 */
export class SessionAggregateOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: SessionSpec;
  readonly #store: SessionStore;
  readonly #inputs: readonly CallInput[];
  readonly #output: SessionOutput;
  readonly #byPane: RowsByPane;
  readonly #order = new EventOrder();
  readonly #scratch = new Scratch();
  #watermark = -Infinity;
  #keyColumns: readonly Data[] = [];
  #hashes: Uint32Array = new Uint32Array(0);
  #times: Float64Array = new Float64Array(0);

  constructor(
    spec: SessionSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: AggregateContext,
  ) {
    const { operatorId } = context;
    this.#spec = spec;
    const timed = { ...spec, calls: [...spec.calls, ...timeCalls] };
    const { keys, calls } = planCalls(timed, schemas.input, context);
    const { allowedLatenessMs } = spec;
    const { gapMs } = spec.window;
    this.#store = new SessionStore({ keys, calls, gapMs, allowedLatenessMs, operatorId });
    this.#inputs = calls.map(({ call, plan }) => new CallInput(call, plan, this.#order));
    const { emit, columns } = spec;
    const store = this.#store;
    const { fields } = schemas.output;
    const rows = { keys: store.sessionKeys, keyCount: keys.length, calls, columns, fields };
    this.#output =
      emit === undefined
        ? new SessionsAtClose(store, rows)
        : new UpdatingSessions({ store, keys, rows, emit, allowedLatenessMs, operatorId });
    this.#byPane = new RowsByPane(this.#store.layout);
    const onRestored = (watermark: number): void => {
      this.#watermark = Math.max(this.#watermark, watermark);
      this.#output.restored(watermark);
    };
    this.state = [
      ...tableShapes(calls).map((shape) => new WindowTable(shape, store, onRestored)),
      ...this.#output.tables,
    ];
  }

  process(batch: RecordBatch, out: Collector): void {
    const count = batch.numRows;
    if (count === 0) return;
    this.counts.rowsIn += count;
    const times = readNumbers(columnOf(batch, hiddenColumns.time), this.#scratch.floats(count));
    const lateFromMs = this.#spec.allowedLatenessMs + 1;
    const split = splitLateRows(batch, times, (time) => time + lateFromMs);
    if (split !== undefined) {
      this.counts.late += split.lateCount;
      out.emitLate(takeRows(batch, split.late, split.lateCount));
    }
    const rowCount = split?.onTimeCount ?? count;
    this.counts.accepted += rowCount;
    if (rowCount === 0) return;
    this.#times = times;
    this.#keyColumns = this.#spec.keys.map((name) => columnOf(batch, name));
    this.#hashes = hashColumns(this.#keyColumns, count, this.#scratch.words(count));
    this.#order.reset(batch);
    for (const input of this.#inputs) input.prepare(batch);
    this.#byPane.split(times, split?.onTime, rowCount, (part) => this.#addRows(part));
    this.#output.batchEnded((changes) => this.#emit(changes, out));
  }

  #emit(batch: RecordBatch, out: Collector): void {
    this.counts.rowsOut += batch.numRows;
    out.emit(batch);
  }

  #addRows({ paneStart, rows, count, isWhole }: PaneRows): void {
    const pane = this.#store.paneAt(paneStart);
    const { window } = pane;
    let earliest = Infinity;
    for (let i = 0; i < count; i += 1) {
      const time = this.#times[rows[i] as number] as number;
      if (time < earliest) earliest = time;
    }
    assert(
      earliest + this.#spec.allowedLatenessMs >= this.#watermark,
      "a row that is not late is not before what has been emitted",
    );
    pane.dueFrom = Math.min(pane.dueFrom, earliest + this.#spec.window.gapMs);
    const groups = this.#scratch.ints(0, count);
    const lookedUp = isWhole ? undefined : rows;
    window.groups.lookup(this.#keyColumns, this.#hashes, lookedUp, count, groups);
    this.#store.checkBounds();
    window.add(this.#inputs, rows, groups, count);
    this.#output.added(pane, groups, count);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#output.advance(watermark, (batch) => this.#emit(batch, out));
  }
}
