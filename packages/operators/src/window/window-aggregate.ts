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
import { greatestDivisor, type WindowAggregateSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { CallInput } from "../aggregate/call-input.ts";
import { EventOrder } from "../aggregate/event-order.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { Scratch } from "../scratch.ts";
import { splitLateRows } from "./late-rows.ts";
import { firstOpenEnds } from "./first-open-ends.ts";
import type { OpenWindow } from "./open-window.ts";
import { OutputAtClose } from "./output-at-close.ts";
import { type AggregateContext, planCalls } from "./plan-calls.ts";
import { type PaneRows, RowsByPane } from "./rows-by-pane.ts";
import { movingTotals } from "./moving-totals.ts";
import { splitByEnd } from "./split-by-end.ts";
import { tableShapes } from "./table-shapes.ts";
import { UpdatingOutput } from "./updating-output.ts";
import { type ClockWindow, layoutOf, type WindowLayout } from "./window-layout.ts";
import type { WindowOutput } from "./window-output.ts";
import { WindowStore } from "./window-store.ts";
import { RunningSums } from "./window-totals.ts";
import { WindowTable } from "./window-table.ts";

// Invariants:
//   W1. A row counts in a window of its time iff its own `$watermark` had not reached the window's
//       end plus the allowed lateness. It is late iff it counts in none.
//   W2. A row never counts in a window that has closed.
//   W3. A window closes once, at the first watermark that reaches its end plus the allowed
//       lateness; a pane is freed whole with the last window over it. What has been given out of a
//       window when it closes is the result of all its rows, with `emit` as without.
//   W4. All rows of a pane in the store count in the same windows; so a window is the sum of panes.

/** A window aggregation over windows that the clock places. */
export type ClockWindowSpec = WindowAggregateSpec & { readonly window: ClockWindow };

function panesPerWindow(window: ClockWindow): number {
  if (window.kind !== "hopping") return 1;
  return window.sizeMs / greatestDivisor(window.sizeMs, window.slideMs);
}

/**
 * Aggregates rows per key in event-time windows that the clock places: tumbling, hopping, cumulate
 * and calendar windows.
 *
 * Emits each window that has a row once, when the watermark reaches its end plus the allowed
 * lateness, or, with `emit`, before that and again when it changes, with `$weight`; a row whose
 * windows have all closed is late. Rows are aggregated per pane, so a row
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
  readonly #spec: ClockWindowSpec;
  readonly #store: WindowStore;
  readonly #inputs: readonly CallInput[];
  readonly #output: WindowOutput;
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
    spec: ClockWindowSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: AggregateContext,
  ) {
    const { operatorId } = context;
    this.#spec = spec;
    const { keys, calls } = planCalls(spec, schemas.input, context);
    const { allowedLatenessMs } = spec;
    const layout = layoutOf(spec.window);
    this.#layout = layout;
    this.#store = new WindowStore({ keys, calls, layout, allowedLatenessMs, operatorId });
    this.#inputs = calls.map(({ call, plan }) => new CallInput(call, plan, this.#order));
    const { emit, columns } = spec;
    const rows = { keys, keyCount: keys.length, calls, columns, fields: schemas.output.fields };
    const store = this.#store;
    if (emit === undefined) {
      const totals = layout.isGrowing
        ? new RunningSums(store)
        : movingTotals(store, calls, panesPerWindow(spec.window));
      this.#output = new OutputAtClose(store, totals, rows);
    } else {
      this.#output = new UpdatingOutput({ store, rows, emit, allowedLatenessMs, operatorId });
    }
    this.#byPane = new RowsByPane(layout);
    this.#visit = (part) => this.#addRows(part);
    const onRestored = (watermark: number): void => {
      this.#watermark = Math.max(this.#watermark, watermark);
      this.#output.restored(watermark);
    };
    const shapes = tableShapes(calls);
    this.state = [
      ...shapes.map((shape) => new WindowTable(shape, store, onRestored)),
      ...this.#output.tables,
    ];
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
    this.#output.batchEnded((changes) => this.#emit(changes, out));
  }

  #emit(batch: RecordBatch, out: Collector): void {
    this.counts.rowsOut += batch.numRows;
    out.emit(batch);
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
    this.#output.added(window, groups, count);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#output.advance(watermark, (batch) => this.#emit(batch, out));
  }
}
