import {
  batchSchema,
  columnOf,
  concatBatches,
  int32Column,
  int64Column,
  makeBatch,
  mapToInts,
  takeRows,
} from "@millrace/columnar";
import {
  type FieldType,
  keyGroupColumn,
  keyGroupOf,
  type StateTable,
  timeField,
  weightField,
} from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { EmittedWindow, type RowChanges } from "./emitted-window.ts";
import { splitByEnd } from "./split-by-end.ts";

const slotColumn = "$window";
const standsColumn = "$stands";

/**
 * What has been given out of windows that are still open, so that it can be taken back exactly; a
 * state table `{$keyGroup, $window, $stands, columns of the output…, $time}`.
 *
 * A row is known by its keys and its window's slot. A row that was taken back for good stays in the
 * changelog with `$stands` 0; rows of closed windows are never deleted there, as `restored` drops
 * them by the watermark.
 *
 * **State** one row per (key, window that has been given out and is open)
 */
export class EmittedRows implements StateTable {
  readonly name: string = "emitted";
  readonly #keys: readonly FieldType[];
  readonly #fields: readonly FieldType[];
  readonly #endColumn: number;
  readonly #allowedLatenessMs: number;
  readonly #operatorId: string;
  readonly #rowSchema: ReturnType<typeof batchSchema>;
  readonly #changeSchema: ReturnType<typeof batchSchema>;
  readonly #stateSchema: ReturnType<typeof batchSchema>;
  readonly #windows = new Map<number, EmittedWindow>();

  constructor(options: {
    readonly keys: readonly FieldType[];
    /** Columns of the output, without hidden ones: keys, `windowStart`, `windowEnd`, results. */
    readonly fields: readonly FieldType[];
    readonly allowedLatenessMs: number;
    readonly operatorId: string;
  }) {
    this.#keys = options.keys;
    this.#fields = options.fields;
    this.#endColumn = options.keys.length + 1;
    this.#allowedLatenessMs = options.allowedLatenessMs;
    this.#operatorId = options.operatorId;
    const rowFields = [...options.fields, timeField];
    this.#rowSchema = batchSchema(rowFields);
    this.#changeSchema = batchSchema([...rowFields, weightField]);
    this.#stateSchema = batchSchema([
      { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
      { name: slotColumn, type: { kind: "int64", as: "number", nullable: false } },
      { name: standsColumn, type: { kind: "int32", nullable: false } },
      ...rowFields,
    ]);
  }

  /** Puts rows of a window in the place of those given out before. */
  replace(slot: number, rows: RecordBatch): RowChanges {
    const window = this.#windowAt(slot);
    this.#noteEnds(window, rows);
    return window.replace(rows);
  }

  /** Takes back rows of a window: those of the keys in `rows` of the columns. */
  remove(
    slot: number,
    keys: readonly Data[],
    hashes: Uint32Array,
    rows: readonly number[],
  ): RowChanges {
    const window = this.#windows.get(slot);
    return window?.remove(keys, hashes, rows) ?? { before: undefined, after: undefined };
  }

  #windowAt(slot: number): EmittedWindow {
    const found = this.#windows.get(slot);
    if (found !== undefined) return found;
    const made = new EmittedWindow(this.#keys, this.#fields, this.#operatorId);
    this.#windows.set(slot, made);
    return made;
  }

  #noteEnds(window: EmittedWindow, rows: RecordBatch): void {
    const ends = readNumbers(rows.data.children[this.#endColumn] as Data);
    for (let row = 0; row < rows.numRows; row += 1) {
      window.lastEnd = Math.max(window.lastEnd, ends[row] as number);
    }
  }

  /** Changes as one batch with `$weight`: all rows that go, then all that come. */
  changeBatch(changes: readonly RowChanges[]): RecordBatch | undefined {
    const before = changes.flatMap((change) => change.before ?? []);
    const after = changes.flatMap((change) => change.after ?? []);
    const parts = [...before, ...after];
    if (parts.length === 0) return undefined;
    const rows = concatBatches(parts);
    const goes = before.reduce((sum, batch) => sum + batch.numRows, 0);
    const weights = new Int32Array(rows.numRows).fill(1).fill(-1, 0, goes);
    const columns = [...rows.data.children, int32Column(weights, rows.numRows)];
    return makeBatch(this.#changeSchema, columns, rows.numRows);
  }

  /** Frees what cannot change any more when event time is at the watermark. */
  dropClosed(watermark: number): void {
    for (const [slot, window] of this.#windows) {
      if (window.lastEnd + this.#allowedLatenessMs <= watermark) this.#windows.delete(slot);
    }
  }

  takeDelta(): readonly RecordBatch[] {
    return this.#stateRows((window) => window.takeChanged());
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    return this.#stateRows((window) =>
      window.all().filter((group) => {
        const keyGroup = keyGroupOf(window.groups.hashOf(group));
        return keyGroup >= from && keyGroup < to;
      }),
    );
  }

  #stateRows(chosen: (window: EmittedWindow) => readonly number[]): RecordBatch[] {
    const batches: RecordBatch[] = [];
    for (const [slot, window] of this.#windows) {
      const groups = chosen(window);
      if (groups.length === 0) continue;
      const state = window.stateOf(groups);
      const count = state.rows.numRows;
      const keyGroups = mapToInts(state.groups, (g) => keyGroupOf(window.groups.hashOf(g)));
      const columns = [
        int32Column(keyGroups, count),
        int64Column(new Float64Array(count).fill(slot), count),
        int32Column(state.stands, count),
        ...state.rows.data.children,
      ];
      batches.push(makeBatch(this.#stateSchema, columns, count));
    }
    return batches.length > 1 ? [concatBatches(batches)] : batches;
  }

  restore(rows: RecordBatch): void {
    const slots = readNumbers(columnOf(rows, slotColumn));
    const all = Int32Array.from({ length: rows.numRows }, (_, row) => row);
    const fields = this.#rowSchema.fields.map(({ name }) => columnOf(rows, name as string));
    const plain = makeBatch(this.#rowSchema, fields, rows.numRows);
    const stands = readNumbers(columnOf(rows, standsColumn));
    splitByEnd(all, rows.numRows, slots, (slot, taken, count) => {
      const part = takeRows(plain, taken, count);
      const window = this.#windowAt(slot);
      this.#noteEnds(window, part);
      window.restore(part, (row) => (stands[taken[row] as number] === 1 ? 1 : 0));
    });
  }

  restored(watermark: number): void {
    this.dropClosed(watermark);
  }

  get rowCount(): number {
    let count = 0;
    for (const window of this.#windows.values()) count += window.groups.size;
    return count;
  }

  get sizeBytes(): number {
    let bytes = 0;
    for (const window of this.#windows.values()) bytes += window.sizeBytes;
    return bytes;
  }
}
