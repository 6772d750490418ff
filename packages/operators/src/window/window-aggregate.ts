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
import type { WindowAggregateSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { CallInput } from "../aggregate/call-input.ts";
import { EventOrder } from "../aggregate/event-order.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { Scratch } from "../scratch.ts";
import { ClosedWindows, constantSpans } from "./closed-windows.ts";
import { splitLateRows } from "./late-rows.ts";
import { firstOpenEnds } from "./first-open-ends.ts";
import type { OpenWindow } from "./open-window.ts";
import { type AggregateContext, planCalls } from "./plan-calls.ts";
import { type PaneRows, RowsByPane } from "./rows-by-pane.ts";
import { splitByEnd } from "./split-by-end.ts";
import { tableShapes } from "./table-shapes.ts";
import { type AlignedWindow, WindowLayout } from "./window-layout.ts";
import { WindowStore } from "./window-store.ts";
import { PaneSums, RunningSums, type WindowTotals } from "./window-totals.ts";
import { WindowTable } from "./window-table.ts";

// Invariants:
//   W1. A row counts in a window of its time iff its own `$watermark` had not reached the window's
//       end plus the allowed lateness. It is late iff it counts in none.
//   W2. A row never counts in a window that has closed.
//   W3. A window closes once, at the first watermark that reaches its end plus the allowed
//       lateness; a pane is freed whole with the last window over it.
//   W4. All rows of a pane in the store count in the same windows; so a window is the sum of panes.

/** A window aggregation over aligned windows. */
export type AlignedWindowSpec = WindowAggregateSpec & { readonly window: AlignedWindow };

/**
 * Aggregates rows per key in event-time windows that are aligned to the epoch: tumbling,
 * hopping and cumulate.
 *
 * Emits each window that has a row once, when the watermark reaches its end plus the allowed
 * lateness; a row whose windows have all closed is late. Rows are aggregated per pane, so a row
 * costs the same however many windows it is in; a window of several panes merges them when it
 * closes.
 *
 * **Shape** in: key and argument columns, `$time` · out: keys, `windowStart`, `windowEnd`, results,
 * `$time`
 * **State** per (key, open pane): the key, 8 to 48 bytes per aggregate; sketches and distinct
 * sets by what they hold
 * **Cost**  O(rows) per batch, one key look-up and one addition per aggregate and row; nothing is
 * allocated per row. Closing merges the window's panes, one look-up per key and pane, and sorts
 * its keys.
 * **Nulls** a null key is a group of its own; a null argument is left out
 * **Source** Akidau et al., "The Dataflow Model", VLDB 2015
 */
export class WindowAggregateOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: AlignedWindowSpec;
  readonly #store: WindowStore;
  readonly #inputs: readonly CallInput[];
  readonly #totals: WindowTotals;
  readonly #closed: ClosedWindows;
  readonly #byPane: RowsByPane;
  readonly #layout: WindowLayout;
  readonly #order = new EventOrder();
  readonly #scratch = new Scratch();
  readonly #visit: (part: PaneRows) => void;
  #watermark = -Infinity;
  #keyColumns: readonly Data[] = [];
  #hashes: Uint32Array = new Uint32Array(0);
  /** By row, the end of the first window it counts in; undefined where none has closed for any. */
  #firstEnds: Float64Array | undefined;

  constructor(
    spec: AlignedWindowSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: AggregateContext,
  ) {
    const { operatorId } = context;
    this.#spec = spec;
    const { keys, calls } = planCalls(spec, schemas.input, context);
    const { allowedLatenessMs } = spec;
    const layout = new WindowLayout(spec.window);
    this.#layout = layout;
    this.#store = new WindowStore({ keys, calls, layout, allowedLatenessMs, operatorId });
    this.#totals = layout.isGrowing ? new RunningSums(this.#store) : new PaneSums(this.#store);
    this.#inputs = calls.map(({ call, plan }) => new CallInput(call, plan, this.#order));
    this.#closed = new ClosedWindows({
      keys,
      keyCount: keys.length,
      calls,
      columns: spec.columns,
      fields: schemas.output.fields,
    });
    this.#byPane = new RowsByPane(layout);
    this.#visit = (part) => this.#addRows(part);
    const onRestored = (watermark: number): void => {
      this.#watermark = Math.max(this.#watermark, watermark);
    };
    this.state = tableShapes(calls).map((shape) => new WindowTable(shape, this.#store, onRestored));
  }

  process(batch: RecordBatch, out: Collector): void {
    const count = batch.numRows;
    if (count === 0) return;
    this.counts.rowsIn += count;
    const times = readNumbers(columnOf(batch, hiddenColumns.time), this.#scratch.floats(count));
    const { allowedLatenessMs } = this.#spec;
    const layout = this.#layout;
    const deadlineOf = (time: number): number => layout.lastEndOf(time) + allowedLatenessMs;
    const split = splitLateRows(batch, times, deadlineOf);
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
    this.#firstEnds = layout.isShared
      ? firstOpenEnds(batch, times, layout, allowedLatenessMs)
      : undefined;
    this.#byPane.split(times, split?.onTime, rowCount, this.#visit);
  }

  #addRows(part: PaneRows): void {
    const { paneStart } = part;
    if (this.#firstEnds === undefined) {
      const end = this.#layout.firstEndOf(paneStart);
      this.#addTo(this.#openPane(paneStart, end), part.rows, part.count, part.isWhole);
      return;
    }
    splitByEnd(part.rows, part.count, this.#firstEnds, (end, rows, count) => {
      this.#addTo(this.#openPane(paneStart, end), rows, count, false);
    });
  }

  #openPane(start: number, firstEnd: number): OpenWindow {
    assert(
      !this.#store.isClosedAt(firstEnd, this.#watermark),
      "a row that is not late belongs to a window that is open",
    );
    return this.#store.open(start, firstEnd);
  }

  #addTo(window: OpenWindow, rows: Int32Array, count: number, isWhole: boolean): void {
    const groups = this.#scratch.ints(0, count);
    const lookedUp = isWhole ? undefined : rows;
    window.groups.lookup(this.#keyColumns, this.#hashes, lookedUp, count, groups);
    this.#store.checkBounds();
    window.add(this.#inputs, rows, groups, count);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    const emit = (batch: RecordBatch): void => {
      this.counts.rowsOut += batch.numRows;
      out.emit(batch);
    };
    for (const due of this.#store.takeDue(watermark)) {
      const total = this.#totals.of(due);
      const spans = constantSpans(due, total.groups.size);
      this.#closed.add(total, spans, emit);
    }
    this.#closed.flush(emit);
  }
}
