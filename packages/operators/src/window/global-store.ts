import { type GroupTable, hashColumns, int64Column } from "@millrace/columnar";
import { type FieldType, keyGroupOf } from "@millrace/core";
import type { Data } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import { OpenWindow, type WindowCall } from "./open-window.ts";
import { SessionPane } from "./session-pane.ts";
import { tableShapes } from "./table-shapes.ts";
import type { PaneLayout } from "./window-layout.ts";
import type { PaneStore, TableShape } from "./window-table.ts";

const ordinalField: FieldType = {
  name: "$ordinal",
  type: { kind: "int64", as: "number", nullable: false },
};
/** Starts by which the two parts of the store are told apart in saved state. */
const openPart = 0;
const runningPart = 1;

/** Parts are told apart by their start, and never end. */
const partLayout: PaneLayout = {
  isShared: false,
  paneStartOf: (time) => time,
  paneEndOf: (start) => start + 1,
  firstEndOf: () => Infinity,
};

/** Which firing of its trigger the rows of a group wait for. */
export type HasFired = (ordinal: number, rowCount: number) => boolean;

/**
 * The groups of global windows by key and ordinal, an ordinal being the number of the firing that
 * gives their rows out, and by key what all firings so far have given.
 *
 * A group that has been given out stays in the changelog as it was then, so a restored one is
 * known by its ordinal and rows: nothing is deleted.
 */
export class GlobalStore implements PaneStore {
  /** The user's keys, then the ordinal. */
  readonly keys: readonly FieldType[];
  readonly layout: PaneLayout = partLayout;
  readonly #calls: readonly WindowCall[];
  readonly #shapes: readonly TableShape[];
  readonly #operatorId: string;
  readonly #hasFired: HasFired;
  #open: SessionPane;
  readonly #running: SessionPane;

  /** @param options calls: the last three are the rows, the least and the greatest event time */
  constructor(options: {
    readonly keys: readonly FieldType[];
    readonly calls: readonly WindowCall[];
    readonly operatorId: string;
    readonly hasFired: HasFired;
  }) {
    this.keys = [...options.keys, ordinalField];
    this.#calls = options.calls;
    this.#shapes = tableShapes(options.calls);
    this.#operatorId = options.operatorId;
    this.#hasFired = options.hasFired;
    this.#open = this.fresh(openPart);
    this.#running = this.fresh(runningPart);
  }

  /** An empty part that is not kept. */
  fresh(start: number = openPart): SessionPane {
    const span = { start, firstEnd: Infinity };
    return new SessionPane(new OpenWindow(span, this.keys, this.#calls, this.#operatorId));
  }

  /** Groups whose trigger has not fired. */
  get openPane(): SessionPane {
    return this.#open;
  }

  /** What all firings of a key have given, with ordinal −1. */
  get runningPane(): SessionPane {
    return this.#running;
  }

  /** Key columns of a group table with the ordinals of rows. */
  keysWith(columns: readonly Data[], ordinals: Float64Array, count: number): Data[] {
    return [...columns, int64Column(ordinals, count)];
  }

  /** Ordinal of each of the groups. */
  ordinalsOf(pane: SessionPane, groups: Int32Array): Float64Array {
    const column = pane.window.groups.keyColumns(groups, groups.length).at(-1) as Data;
    return Float64Array.from(column.values as BigInt64Array, Number);
  }

  /** Rows of each of the groups. */
  rowCountsOf(pane: SessionPane, groups: Int32Array): Float64Array {
    const count = pane.window.calls.at(-3)?.accumulator.result(groups, groups.length) as Data;
    return Float64Array.from(count.values as BigInt64Array, Number);
  }

  open(start: number): OpenWindow {
    return (start === runningPart ? this.#running : this.#open).window;
  }

  *all(): Iterable<OpenWindow> {
    yield this.#open.window;
    yield this.#running.window;
  }

  keyGroupsOf(window: OpenWindow, groups: Int32Array): Int32Array {
    const columns = window.groups.keyColumns(groups, groups.length).slice(0, -1);
    return Int32Array.from(hashColumns(columns, groups.length), (hash) => keyGroupOf(hash));
  }

  /** Marks what had been given out before a restart. */
  dropClosed(): void {
    const groups = this.#open.liveGroups();
    const ordinals = this.ordinalsOf(this.#open, groups);
    const counts = this.rowCountsOf(this.#open, groups);
    for (const [i, group] of groups.entries()) {
      const [ordinal, count] = [ordinals[i] as number, counts[i] as number];
      if (this.#hasFired(ordinal, count)) this.#open.markWritten(group);
    }
  }

  /** Lets go of groups that have been given out, when they are most, and in the changelog. */
  compact(): void {
    if (!this.#open.isWasteful || this.#open.window.isChanged) return;
    this.#open = this.#open.compacted(this.fresh().window, this.#shapes);
  }

  /** By key of the user's: the greatest ordinal, and how many rows its group has. */
  lastOrdinals(into: GroupTable): { readonly ordinals: number[]; readonly counts: number[] } {
    const { size } = this.#open.window.groups;
    const all = Scratch.identity(size).slice(0, size);
    const columns = this.#open.window.groups.keyColumns(all, size).slice(0, -1);
    const keys = new Int32Array(size);
    into.lookup(columns, hashColumns(columns, size), undefined, size, keys);
    const found = this.ordinalsOf(this.#open, all);
    const rows = this.rowCountsOf(this.#open, all);
    const ordinals: number[] = [];
    const counts: number[] = [];
    for (let group = 0; group < size; group += 1) {
      const key = keys[group] as number;
      if ((found[group] as number) < (ordinals[key] ?? -1)) continue;
      ordinals[key] = found[group] as number;
      counts[key] = rows[group] as number;
    }
    return { ordinals, counts };
  }
}
