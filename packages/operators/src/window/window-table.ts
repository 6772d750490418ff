import {
  batchSchema,
  columnOf,
  concatBatches,
  hashColumns,
  int32Column,
  int64Column,
  makeBatch,
  takeRows,
} from "@millrace/columnar";
import { type FieldType, keyGroupColumn, type StateTable } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import type { OpenWindow } from "./open-window.ts";
import { RowsByPane } from "./rows-by-pane.ts";
import { splitByEnd } from "./split-by-end.ts";
import type { PaneLayout } from "./window-layout.ts";

const paneStartColumn = "$windowStart";
const firstEndColumn = "$firstEnd";
const instantType = { kind: "int64", as: "number", nullable: false } as const;

/**
 * What is particular to a table: its rows are entries of a pane, and each entry belongs to a
 * group.
 */
export interface TableShape {
  readonly name: string;
  /** Columns after key group, keys and window start. */
  readonly fields: readonly FieldType[];
  /** Entries changed since the last call, and marks them as unchanged. */
  takeChanged(window: OpenWindow): Int32Array;
  all(window: OpenWindow): Int32Array;
  groupsOf(window: OpenWindow, entries: Int32Array): Int32Array;
  columns(window: OpenWindow, entries: Int32Array): Data[];
  /** Row i of the columns belongs to `groups[i]`. */
  restore(window: OpenWindow, columns: readonly Data[], groups: Int32Array, count: number): void;
  rowCount(window: OpenWindow): number;
}

/** The open panes of an operator, as its state tables see them. */
export interface PaneStore {
  readonly keys: readonly FieldType[];
  readonly layout: PaneLayout;
  open(start: number, firstEnd: number): OpenWindow;
  all(): Iterable<OpenWindow>;
  /** Key groups of groups, by the user's keys. */
  keyGroupsOf(window: OpenWindow, groups: Int32Array): Int32Array;
  /** Drops what has closed when event time is at the watermark. Twice is as good as once. */
  dropClosed(watermark: number): void;
}

/**
 * A state table of the open panes of an operator: `{$keyGroup, keys…, $windowStart, $firstEnd,
 * columns of the shape…}`, without `$firstEnd` where a pane is a window.
 *
 * Rows of panes whose windows have closed are never deleted from the changelog; `restored` drops
 * them by the watermark.
 */
export class WindowTable implements StateTable {
  readonly name: string;
  readonly #shape: TableShape;
  readonly #store: PaneStore;
  readonly #byPane: RowsByPane;
  readonly #fields: readonly FieldType[];
  readonly #onRestored: (watermark: number) => void;

  constructor(shape: TableShape, store: PaneStore, onRestored: (watermark: number) => void) {
    this.name = shape.name;
    this.#shape = shape;
    this.#store = store;
    this.#byPane = new RowsByPane(store.layout);
    this.#onRestored = onRestored;
    this.#fields = [
      { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
      ...store.keys,
      { name: paneStartColumn, type: instantType },
      ...(store.layout.isShared ? [{ name: firstEndColumn, type: instantType }] : []),
      ...shape.fields,
    ];
  }

  takeDelta(): readonly RecordBatch[] {
    const batches: RecordBatch[] = [];
    for (const window of this.#store.all()) {
      const entries = this.#shape.takeChanged(window);
      if (entries.length > 0) batches.push(this.#batchOf(window, entries));
    }
    return batches.length > 1 ? [concatBatches(batches)] : batches;
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const batches: RecordBatch[] = [];
    for (const window of this.#store.all()) {
      const all = this.#shape.all(window);
      const groups = this.#shape.groupsOf(window, all);
      const keyGroups = this.#store.keyGroupsOf(window, groups);
      const inRange = all.filter((_, i) => {
        const keyGroup = keyGroups[i] as number;
        return keyGroup >= from && keyGroup < to;
      });
      if (inRange.length > 0) batches.push(this.#batchOf(window, inRange));
    }
    return batches.length > 1 ? [concatBatches(batches)] : batches;
  }

  #batchOf(window: OpenWindow, entries: Int32Array): RecordBatch {
    const count = entries.length;
    const groups = this.#shape.groupsOf(window, entries);
    const keyGroups = this.#store.keyGroupsOf(window, groups);
    const columns = [
      int32Column(keyGroups, count),
      ...window.groups.keyColumns(groups, count),
      int64Column(new Float64Array(count).fill(window.start), count),
      ...(this.#store.layout.isShared
        ? [int64Column(new Float64Array(count).fill(window.firstEnd), count)]
        : []),
      ...this.#shape.columns(window, entries),
    ];
    return makeBatch(batchSchema(this.#fields), columns, count);
  }

  restore(rows: RecordBatch): void {
    const { layout } = this.#store;
    const starts = readNumbers(columnOf(rows, paneStartColumn));
    const ends = layout.isShared ? readNumbers(columnOf(rows, firstEndColumn)) : undefined;
    this.#byPane.split(starts, undefined, rows.numRows, (part) => {
      const { paneStart } = part;
      if (ends === undefined) {
        const batch = part.isWhole ? rows : takeRows(rows, part.rows, part.count);
        this.#restoreWindow(this.#store.open(paneStart, layout.firstEndOf(paneStart)), batch);
        return;
      }
      splitByEnd(part.rows, part.count, ends, (end, taken, count) => {
        this.#restoreWindow(this.#store.open(paneStart, end), takeRows(rows, taken, count));
      });
    });
  }

  #restoreWindow(window: OpenWindow, batch: RecordBatch): void {
    const count = batch.numRows;
    const keys = this.#store.keys.map((key) => columnOf(batch, key.name));
    const groups = new Int32Array(count);
    window.groups.lookup(keys, hashColumns(keys, count), undefined, count, groups);
    window.ensure();
    const columns = this.#shape.fields.map((field) => columnOf(batch, field.name));
    this.#shape.restore(window, columns, groups, count);
  }

  restored(watermark: number): void {
    this.#store.dropClosed(watermark);
    this.#onRestored(watermark);
  }

  get rowCount(): number {
    let count = 0;
    for (const window of this.#store.all()) count += this.#shape.rowCount(window);
    return count;
  }

  get sizeBytes(): number {
    // The windows' bytes are those of all tables together; the first table answers for them.
    if (this.name !== "groups") return 0;
    let bytes = 0;
    for (const window of this.#store.all()) bytes += window.sizeBytes;
    return bytes;
  }
}
