import {
  batchSchema,
  columnOf,
  GroupTable,
  hashColumns,
  int32Column,
  int64Column,
  makeBatch,
  mapToFloats,
  mapToInts,
  valueReader,
} from "@millrace/columnar";
import {
  assert,
  type FieldType,
  findField,
  keyGroupColumn,
  keyGroupOf,
  limits,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { orderByKeys } from "../window/key-order.ts";

const lastColumn = "$last";

/**
 * The keys of a process step, numbered, each with the time until which it was in use; as a state
 * table `{$keyGroup, $last, keys…}` where keys are forgotten.
 *
 * **State** bounded by `limits.processKeysMax`, beyond which it fails with `RUN_STATE_TOO_LARGE`
 */
export class ProcessKeys implements StateTable {
  readonly name: string = "keys";
  readonly fields: readonly FieldType[];
  readonly #operatorId: string;
  readonly #schema: ReturnType<typeof batchSchema>;
  readonly #read: readonly ReturnType<typeof valueReader>[];
  #table: GroupTable;
  #last: number[] = [];
  #dirty = new Set<number>();

  constructor(input: RowSchema, keys: readonly string[], operatorId: string) {
    this.fields = keys.map((name) => {
      const field = findField(input, name);
      assert(field !== undefined, `the input has the key column ${name}`);
      return field;
    });
    this.#operatorId = operatorId;
    this.#read = this.fields.map(({ type }) => valueReader(type));
    this.#table = this.#newTable();
    this.#schema = batchSchema([
      { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
      { name: lastColumn, type: { kind: "int64", as: "number", nullable: false } },
      ...this.fields,
    ]);
  }

  #newTable(): GroupTable {
    const operatorId = this.#operatorId;
    return new GroupTable(this.fields, { operatorId, groupsMax: limits.processKeysMax });
  }

  get size(): number {
    return this.#table.size;
  }

  /** The number of each row's key. @throws RUN_STATE_TOO_LARGE */
  of(batch: RecordBatch): Int32Array {
    const columns = this.fields.map(({ name }) => columnOf(batch, name));
    return this.#lookup(columns, batch.numRows);
  }

  #lookup(columns: readonly Data[], count: number): Int32Array {
    const keys = new Int32Array(count);
    this.#table.lookup(columns, hashColumns(columns, count), undefined, count, keys);
    while (this.#last.length < this.#table.size) this.#last.push(-Infinity);
    return keys;
  }

  keyGroupOf(key: number): number {
    return keyGroupOf(this.#table.hashOf(key));
  }

  columns(keys: readonly number[]): Data[] {
    return this.#table.keyColumns(Int32Array.from(keys), keys.length);
  }

  /** The key columns of a key as plain values. */
  valuesOf(key: number): Record<string, unknown> {
    const columns = this.columns([key]);
    const entries = this.fields.map(
      ({ name }, i) => [name, this.#read[i]?.(columns[i] as Data, 0)] as const,
    );
    return Object.fromEntries(entries);
  }

  /** The keys in an order that does not depend on their numbers. */
  sorted(keys: readonly number[]): readonly number[] {
    if (keys.length < 2) return keys;
    const order = orderByKeys(this.columns(keys), this.fields, keys.length);
    return Array.from(order, (at) => keys[at] as number);
  }

  /** Until when the key was in use; −Infinity for a new one. */
  lastOf(key: number): number {
    return this.#last[key] as number;
  }

  touch(key: number, time: number): void {
    if (time <= this.lastOf(key)) return;
    this.#last[key] = time;
    this.#dirty.add(key);
  }

  /** Starts a key afresh that is no longer in use. */
  reset(key: number): void {
    this.#last[key] = -Infinity;
  }

  /**
   * Keeps some keys only, and numbers them anew.
   *
   * @returns the new number by the old one, −1 for keys that are gone
   */
  compact(isKept: (key: number) => boolean): Int32Array {
    const renumbered = new Int32Array(this.size).fill(-1);
    const kept: number[] = [];
    for (let key = 0; key < renumbered.length; key += 1) {
      if (!isKept(key)) continue;
      renumbered[key] = kept.length;
      kept.push(key);
    }
    const columns = this.columns(kept);
    const last = kept.map((key) => this.lastOf(key));
    this.#table = this.#newTable();
    this.#last = last;
    this.#lookup(columns, kept.length);
    const dirty = [...this.#dirty].map((key) => renumbered[key] as number);
    this.#dirty = new Set(dirty.filter((key) => key >= 0));
    return renumbered;
  }

  takeDelta(): readonly RecordBatch[] {
    const keys = [...this.#dirty];
    this.#dirty = new Set();
    return this.#stateRows(keys);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const keys: number[] = [];
    for (let key = 0; key < this.size; key += 1) {
      const keyGroup = this.keyGroupOf(key);
      if (keyGroup >= from && keyGroup < to) keys.push(key);
    }
    return this.#stateRows(keys);
  }

  #stateRows(given: readonly number[]): RecordBatch[] {
    const keys = given.filter((key) => this.lastOf(key) > -Infinity);
    const count = keys.length;
    if (count === 0) return [];
    const keyGroups = mapToInts(keys, (key) => this.keyGroupOf(key));
    const last = mapToFloats(keys, (key) => this.lastOf(key));
    const columns = [
      int32Column(keyGroups, count),
      int64Column(last, count),
      ...this.columns(keys),
    ];
    return [makeBatch(this.#schema, columns, count)];
  }

  restore(rows: RecordBatch): void {
    const keys = this.of(rows);
    const last = readNumbers(columnOf(rows, lastColumn));
    for (let row = 0; row < rows.numRows; row += 1) {
      this.#last[keys[row] as number] = last[row] as number;
    }
  }

  restored(): void {
    // A key whose time is up is cleared with its state, at its next row or when room is made.
  }

  get rowCount(): number {
    return this.size;
  }

  get sizeBytes(): number {
    return this.#table.sizeBytes + this.#last.length * 8;
  }
}
