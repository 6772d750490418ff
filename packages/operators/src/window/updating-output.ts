import { GroupTable, hashColumns } from "@millrace/columnar";
import type { StateTable } from "@millrace/core";
import type { WindowEmit } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import type { RowChanges } from "./emitted-window.ts";
import { EmittedRows } from "./emitted-rows.ts";
import { mergeGroups } from "./merge-windows.ts";
import type { OpenWindow } from "./open-window.ts";
import type { Emit, WindowOutput } from "./window-output.ts";
import { WindowRows, type WindowRowsOptions } from "./window-rows.ts";
import type { DueWindow, WindowStore } from "./window-store.ts";
import { PaneSums } from "./window-totals.ts";

/**
 * Gives windows out before they have closed, and what changes later: the row before with weight −1,
 * the row after with weight +1, nothing where they are equal.
 *
 * What has been given out when a window closes is the result of all its rows, so batching,
 * partitions and restarts change only the steps on the way there. The row before is a kept one, not
 * computed anew, so that it is the same to the last bit.
 *
 * **State** one row per (key, window that has been given out), until the window closes
 * **Cost** a batch that changes windows: O(changed keys × windows × panes), and a pass over the
 * keys of their panes where a window has several; a window's end: as for windows given out once
 */
export class UpdatingOutput implements WindowOutput {
  readonly tables: readonly StateTable[];
  readonly #store: WindowStore;
  readonly #emit: WindowEmit;
  readonly #operatorId: string;
  readonly #rows: WindowRows;
  readonly #sums: PaneSums;
  readonly #emitted: EmittedRows;
  /** By end of the window: keys whose rows the batch at hand has changed. */
  readonly #touched = new Map<number, GroupTable>();
  /** Ends of the windows that have changed since event time passed the last multiple. */
  readonly #unreported = new Set<number>();
  #watermark = -Infinity;

  constructor(options: {
    readonly store: WindowStore;
    readonly rows: WindowRowsOptions;
    readonly emit: WindowEmit;
    readonly allowedLatenessMs: number;
    readonly operatorId: string;
  }) {
    this.#store = options.store;
    this.#emit = options.emit;
    this.#operatorId = options.operatorId;
    this.#rows = new WindowRows(options.rows);
    this.#sums = new PaneSums(options.store);
    const { keys, fields } = options.rows;
    const { allowedLatenessMs, operatorId } = options;
    this.#emitted = new EmittedRows({ keys, fields, allowedLatenessMs, operatorId });
    this.tables = [this.#emitted];
  }

  added(pane: OpenWindow, groups: Int32Array, count: number): void {
    let changed: Int32Array | undefined;
    for (const end of this.#store.openEndsOf(pane)) {
      if (end > this.#watermark && this.#emit.kind !== "on-change") {
        // The rest ends later still, and is given out then or at the next multiple.
        if (this.#emit.kind === "on-end") return;
        this.#unreported.add(end);
        continue;
      }
      changed ??= Int32Array.from(new Set(groups.subarray(0, count)));
      this.#touch(end, pane, changed);
    }
  }

  #touch(end: number, pane: OpenWindow, groups: Int32Array): void {
    const known = this.#touched.get(end);
    const table = known ?? new GroupTable(this.#store.keys, { operatorId: this.#operatorId });
    if (known === undefined) this.#touched.set(end, table);
    const keys = pane.groups.keyColumns(groups, groups.length);
    const hashes = hashColumns(keys, groups.length);
    table.lookup(keys, hashes, undefined, groups.length, new Int32Array(groups.length));
  }

  batchEnded(emit: Emit): void {
    if (this.#touched.size === 0) return;
    const ends = [...this.#touched.keys()].sort((left, right) => left - right);
    const changes = ends.map((end) => {
      const rows = this.#rowsOfKeys(
        this.#store.windowAt(end),
        this.#touched.get(end) as GroupTable,
      );
      return this.#emitted.replace(end, rows);
    });
    this.#touched.clear();
    this.#give(changes, emit);
  }

  /** The rows of some keys of a window. */
  #rowsOfKeys(window: DueWindow, touched: GroupTable): RecordBatch {
    const { size } = touched;
    const keys = touched.keyColumns(Scratch.identity(size), size);
    const hashes = hashColumns(keys, size);
    const groupsIn = (pane: OpenWindow): Int32Array =>
      Int32Array.from({ length: size }, (_, i) => pane.groups.find(keys, hashes, i));
    const [only] = window.panes;
    if (only !== undefined && window.panes.length === 1) {
      return this.#rows.of(only, window, groupsIn(only));
    }
    const total = this.#store.fresh({ start: window.start, firstEnd: window.end });
    total.groups.lookup(keys, hashes, undefined, size, new Int32Array(size));
    for (const pane of window.panes) {
      const targets = new Int32Array(pane.groups.size).fill(-1);
      for (const [target, group] of groupsIn(pane).entries()) {
        if (group >= 0) targets[group] = target;
      }
      mergeGroups(total, pane, targets);
    }
    return this.#rows.of(total, window);
  }

  advance(watermark: number, emit: Emit): void {
    const before = this.#watermark;
    this.#watermark = watermark;
    if (this.#emit.kind !== "on-change") {
      const ended = this.#store.endingIn(before, watermark);
      this.#give(
        ended.map((window) => this.#replaceAll(window)),
        emit,
      );
      for (const { end } of ended) this.#unreported.delete(end);
    }
    if (this.#emit.kind === "every") this.#reportEarly(before, this.#emit.everyMs, emit);
    this.#store.dropClosed(watermark);
    this.#emitted.dropClosed(watermark);
  }

  #reportEarly(before: number, everyMs: number, emit: Emit): void {
    if (Math.floor(this.#watermark / everyMs) <= Math.floor(before / everyMs)) return;
    const ends = [...this.#unreported].sort((left, right) => left - right);
    this.#unreported.clear();
    this.#give(
      ends.map((end) => this.#replaceAll(this.#store.windowAt(end))),
      emit,
    );
  }

  #replaceAll(window: DueWindow): RowChanges {
    const { window: total } = this.#sums.of(window);
    const rows = this.#rows.of(total, window);
    return this.#emitted.replace(window.end, rows);
  }

  #give(changes: readonly RowChanges[], emit: Emit): void {
    const batch = this.#emitted.changeBatch(changes);
    if (batch !== undefined) emit(batch);
  }

  restored(watermark: number): void {
    this.#watermark = Math.max(this.#watermark, watermark);
    if (this.#emit.kind !== "every") return;
    // What had been reported of them is known, so that nothing is reported twice.
    for (const pane of this.#store.all()) {
      for (const end of this.#store.openEndsOf(pane))
        if (end > watermark) this.#unreported.add(end);
    }
  }
}
