import { columnOf, hashColumns, mapToInts, sliceRows } from "@millrace/columnar";
import {
  type Collector,
  type FieldType,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { AggregateCall, GlobalWindow, WindowAggregateSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { CallInput } from "../aggregate/call-input.ts";
import { EventOrder } from "../aggregate/event-order.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { Scratch } from "../scratch.ts";
import { OrderedInput } from "../series/ordered-input.ts";
import { ClosedWindows } from "./closed-windows.ts";
import { GlobalStore } from "./global-store.ts";
import { mergeGroups } from "./merge-windows.ts";
import { type AggregateContext, planCalls } from "./plan-calls.ts";
import { RowOrdinals } from "./row-ordinals.ts";
import { type SessionPane, timeCalls } from "./session-pane.ts";
import { tableShapes } from "./table-shapes.ts";
import type { Emit } from "./window-output.ts";
import type { GroupSpans } from "./window-rows.ts";
import { WindowTable } from "./window-table.ts";

/** A window aggregation over global windows. */
export type GlobalSpec = WindowAggregateSpec & { readonly window: GlobalWindow };

/**
 * Rows that are given to triggers at a time where results run on: firings of one key within them
 * are added up one after the other.
 */
const pieceRows = 1_024;

const countCall: AggregateCall = {
  function: "count",
  distinct: false,
  type: { kind: "int64", as: "number", nullable: false },
};

/** A group whose trigger has fired. */
interface Fired {
  readonly pane: SessionPane;
  readonly group: number;
  readonly ordinal: number;
}

/**
 * Aggregates the rows of each key in event order, and gives a result whenever a trigger fires:
 * at each n-th row of the key, or when event time passes a multiple.
 *
 * A result is of exactly the rows before its firing in event order, so it does not depend on how
 * they came. With `purge` it is of the rows since the firing before, else of all rows of the key.
 *
 * **Shape** in: key and argument columns, `$time` · out: keys, `windowStart`, `windowEnd`, results,
 * `$time`. A row count's window is [first row, last row + 1 ms), a time's the multiples around it;
 * without `purge` the start is the key's first row.
 * **State** rows that wait for the watermark; per key the aggregates of the rows since the last
 * firing, without `purge` those of all rows as well; for row counts 16 bytes per key, which is kept
 * **Cost**  O(rows), one key look-up per row; rows that come out of order are sorted; without
 * `purge`, firings of one key within 1,024 rows are one pass over their groups each
 * **Nulls** a null key is a key of its own
 */
export class GlobalWindowOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: GlobalSpec;
  readonly #keys: readonly FieldType[];
  readonly #input: OrderedInput;
  readonly #inputs: readonly CallInput[];
  readonly #store: GlobalStore;
  readonly #ordinals: RowOrdinals;
  readonly #closed: ClosedWindows;
  readonly #order = new EventOrder();
  #watermark = -Infinity;

  constructor(
    spec: GlobalSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: AggregateContext,
  ) {
    const { operatorId } = context;
    this.#spec = spec;
    const counted = { ...spec, calls: [...spec.calls, countCall, ...timeCalls] };
    const { keys, calls } = planCalls(counted, schemas.input, context);
    this.#keys = keys;
    this.#input = new OrderedInput(schemas.input, spec.keys, this.counts);
    this.#inputs = calls.map(({ call, plan }) => new CallInput(call, plan, this.#order));
    const hasFired = (ordinal: number, count: number): boolean => this.#hasFired(ordinal, count);
    this.#store = new GlobalStore({ keys, calls, operatorId, hasFired });
    this.#ordinals = new RowOrdinals(keys, spec.window.trigger, operatorId);
    this.#closed = new ClosedWindows({
      keys: this.#store.keys,
      keyCount: keys.length,
      calls,
      columns: spec.columns,
      fields: schemas.output.fields,
    });
    const onRestored = (watermark: number): void => {
      this.#watermark = Math.max(this.#watermark, watermark);
      // With the watermark known, as a time's firings go by it.
      this.#store.dropClosed();
      this.#ordinals.restore(this.#store);
    };
    const tables = tableShapes(calls).map((s) => new WindowTable(s, this.#store, onRestored));
    this.state = [this.#input.buffer, ...tables];
  }

  #hasFired(ordinal: number, rowCount: number): boolean {
    const { trigger } = this.#spec.window;
    return trigger.kind === "rows"
      ? rowCount >= trigger.count
      : (ordinal + 1) * trigger.everyMs <= this.#watermark;
  }

  process(batch: RecordBatch, out: Collector): void {
    this.#input.add(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    const emit = (batch: RecordBatch): void => {
      this.counts.rowsOut += batch.numRows;
      out.emit(batch);
    };
    this.#store.compact();
    const batch = this.#input.buffer.takeBefore(watermark);
    if (batch !== undefined) this.#addAll(batch, emit);
    if (this.#spec.window.trigger.kind === "every") this.#fireDue(emit);
    this.#closed.flush(emit);
  }

  #addAll(batch: RecordBatch, emit: Emit): void {
    const { trigger, purge } = this.#spec.window;
    const size = trigger.kind === "rows" && !purge ? pieceRows : batch.numRows;
    for (let from = 0; from < batch.numRows; from += size) {
      this.#addRows(sliceRows(batch, from, Math.min(from + size, batch.numRows)), emit);
    }
  }

  #addRows(batch: RecordBatch, emit: Emit): void {
    const count = batch.numRows;
    const columns = this.#keys.map(({ name }) => columnOf(batch, name));
    const times = readNumbers(columnOf(batch, hiddenColumns.time));
    const ordinals = this.#ordinals.of(columns, times, count);
    this.#order.reset(batch);
    for (const input of this.#inputs) input.prepare(batch);
    const piece = this.#store.fresh();
    const keys = this.#store.keysWith(columns, ordinals, count);
    const groups = new Int32Array(count);
    piece.window.groups.lookup(keys, hashColumns(keys, count), undefined, count, groups);
    piece.window.add(this.#inputs, Scratch.identity(count), groups, count);
    if (this.#spec.window.trigger.kind === "rows") this.#fire(this.#settle(piece), emit);
    else this.#keep(piece, Scratch.identity(piece.window.groups.size));
  }

  /**
   * Keeps the groups of a piece that wait for more rows or had begun before it, and gives those
   * that are full. Those that begin and end within the piece are never kept.
   */
  #settle(piece: SessionPane): Fired[] {
    const { size } = piece.window.groups;
    const all = Scratch.identity(size).slice(0, size);
    const keys = piece.window.groups.keyColumns(all, size);
    const hashes = hashColumns(keys, size);
    const ordinals = this.#store.ordinalsOf(piece, all);
    const counts = this.#store.rowCountsOf(piece, all);
    const open = this.#store.openPane;
    const fired: Fired[] = [];
    const kept: number[] = [];
    for (let group = 0; group < size; group += 1) {
      const hasBegun = open.window.groups.find(keys, hashes, group) >= 0;
      const isFull = this.#hasFired(0, counts[group] as number);
      if (hasBegun || !isFull) kept.push(group);
      else fired.push({ pane: piece, group, ordinal: ordinals[group] as number });
    }
    const into = this.#keep(piece, Int32Array.from(kept));
    const totals = this.#store.rowCountsOf(open, into);
    for (const [i, group] of into.entries()) {
      if (!this.#hasFired(0, totals[i] as number)) continue;
      fired.push({ pane: open, group, ordinal: ordinals[kept[i] as number] as number });
    }
    return fired;
  }

  /** Adds groups of a piece to those that are kept; says which ones they are there. */
  #keep(piece: SessionPane, groups: Int32Array): Int32Array {
    const { window } = this.#store.openPane;
    const count = Math.min(groups.length, piece.window.groups.size);
    const keys = piece.window.groups.keyColumns(groups, count);
    const into = new Int32Array(count);
    window.groups.lookup(keys, hashColumns(keys, count), undefined, count, into);
    const targets = new Int32Array(piece.window.groups.size).fill(-1);
    for (let i = 0; i < count; i += 1) targets[groups[i] as number] = into[i] as number;
    mergeGroups(window, piece.window, targets);
    window.touch(into, count);
    return into;
  }

  /** Fires the groups whose time has come. */
  #fireDue(emit: Emit): void {
    const pane = this.#store.openPane;
    const live = pane.liveGroups();
    const ordinals = this.#store.ordinalsOf(pane, live);
    const fired: Fired[] = [];
    for (const [i, group] of live.entries()) {
      const ordinal = ordinals[i] as number;
      if (this.#hasFired(ordinal, 0)) fired.push({ pane, group, ordinal });
    }
    this.#fire(fired, emit);
  }

  #fire(fired: readonly Fired[], emit: Emit): void {
    if (fired.length === 0) return;
    if (this.#spec.window.purge) this.#giveEach(fired, emit);
    else this.#giveTotals(fired, emit);
    const open = this.#store.openPane;
    for (const { pane, group } of fired) if (pane === open) open.markWritten(group);
  }

  #giveEach(fired: readonly Fired[], emit: Emit): void {
    const panes = new Set(fired.map(({ pane }) => pane));
    for (const pane of panes) {
      const own = fired.filter((each) => each.pane === pane);
      const spans = emptySpans(pane.window.groups.size);
      for (const { group, ordinal } of own) this.#setSpan(spans, pane, group, ordinal);
      const groups = mapToInts(own, ({ group }) => group);
      this.#closed.add(pane.window, spans, emit, groups);
    }
  }

  /** Adds each key's firings to what it has given so far, in order, and gives the sums. */
  #giveTotals(fired: readonly Fired[], emit: Emit): void {
    const running = this.#store.runningPane;
    const totals = this.#totalsOf(fired);
    const order = [...fired.keys()].sort(
      (left, right) => (fired[left] as Fired).ordinal - (fired[right] as Fired).ordinal,
    );
    const rounds: number[][] = [];
    const roundOf = new Map<number, number>();
    for (const index of order) {
      const round = roundOf.get(totals[index] as number) ?? 0;
      roundOf.set(totals[index] as number, round + 1);
      (rounds[round] ??= []).push(index);
    }
    for (const round of rounds) {
      const groups = mapToInts(round, (index) => totals[index] as number);
      for (const pane of new Set(round.map((index) => (fired[index] as Fired).pane))) {
        const targets = new Int32Array(pane.window.groups.size).fill(-1);
        for (const index of round) {
          const each = fired[index] as Fired;
          if (each.pane === pane) targets[each.group] = totals[index] as number;
        }
        mergeGroups(running.window, pane.window, targets);
      }
      running.window.touch(groups, groups.length);
      const spans = emptySpans(running.window.groups.size);
      for (const index of round) {
        this.#setSpan(spans, running, totals[index] as number, (fired[index] as Fired).ordinal);
      }
      this.#closed.add(running.window, spans, emit, groups);
    }
  }

  /** The group of each firing's key in the running totals. */
  #totalsOf(fired: readonly Fired[]): Int32Array {
    const totals = new Int32Array(fired.length);
    for (const pane of new Set(fired.map((each) => each.pane))) {
      const indexes = [...fired.keys()].filter((index) => fired[index]?.pane === pane);
      const groups = mapToInts(indexes, (index) => (fired[index] as Fired).group);
      const columns = pane.window.groups.keyColumns(groups, groups.length).slice(0, -1) as Data[];
      const ordinals = new Float64Array(groups.length).fill(-1);
      const keys = this.#store.keysWith(columns, ordinals, groups.length);
      const found = new Int32Array(groups.length);
      const { window } = this.#store.runningPane;
      window.groups.lookup(keys, hashColumns(keys, found.length), undefined, found.length, found);
      for (const [i, index] of indexes.entries()) totals[index] = found[i] as number;
    }
    return totals;
  }

  #setSpan(spans: GroupSpans, pane: SessionPane, group: number, ordinal: number): void {
    const { trigger, purge } = this.#spec.window;
    const isTimed = trigger.kind === "every";
    spans.starts[group] = isTimed && purge ? ordinal * trigger.everyMs : pane.firstOf(group);
    spans.ends[group] = isTimed ? (ordinal + 1) * trigger.everyMs : pane.lastOf(group) + 1;
  }
}

function emptySpans(count: number): GroupSpans {
  return { starts: new Float64Array(count), ends: new Float64Array(count) };
}
