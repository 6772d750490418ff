import {
  batchSchema,
  columnBuilder,
  columnOf,
  int32Column,
  int64Column,
  makeBatch,
  mapToFloats,
  mapToInts,
  valueReader,
} from "@millrace/columnar";
import {
  type DataType,
  keyGroupColumn,
  limits,
  millraceError,
  type StateTable,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import type { CallChanges } from "./call-changes.ts";
import type { ProcessKeys } from "./process-keys.ts";
import { TimerHeap } from "./timer-heap.ts";

const isPresentType: DataType = { kind: "boolean", nullable: false };

/** Which time the instants of timers are in. */
export type TimerDomain = "event" | "processing";

/**
 * Timers of each key, at most one for each instant, as a state table `{$keyGroup, $at, $isPresent,
 * keys…}`. Timers in event time that fired need no deletion record: `restored` drops them by the
 * watermark. Those in processing time are marked when they fire.
 *
 * **State** bounded by `limits.processEntriesMax`, beyond which it fails with `RUN_STATE_TOO_LARGE`
 */
export class KeyTimers implements StateTable {
  readonly name: string;
  /** The watermark with which it was restored, in ms. */
  restoredAt: number = -Infinity;
  readonly #domain: TimerDomain;
  readonly #keys: ProcessKeys;
  readonly #changes: CallChanges;
  readonly #operatorId: string;
  readonly #schema: ReturnType<typeof batchSchema>;
  #set: (Set<number> | undefined)[] = [];
  #heap = new TimerHeap();
  #dirty = new Map<number, Set<number>>();
  #count = 0;

  constructor(domain: TimerDomain, keys: ProcessKeys, changes: CallChanges, operatorId: string) {
    this.name = domain === "event" ? "timers" : "processingTimers";
    this.#domain = domain;
    this.#keys = keys;
    this.#changes = changes;
    this.#operatorId = operatorId;
    this.#schema = batchSchema([
      { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
      { name: "$at", type: { kind: "int64", as: "number", nullable: false } },
      { name: "$isPresent", type: isPresentType },
      ...keys.fields,
    ]);
  }

  /** @throws RUN_STATE_TOO_LARGE */
  add(key: number, at: number): void {
    if (!this.#insert(key, at)) return;
    this.#changes.note(() => this.#remove(key, at));
    this.#mark(key, at);
  }

  cancel(key: number, at: number): void {
    if (!this.#remove(key, at)) return;
    this.#changes.note(() => this.#insert(key, at));
    this.#mark(key, at);
  }

  #insert(key: number, at: number): boolean {
    const set = (this.#set[key] ??= new Set<number>());
    if (set.has(at)) return false;
    if (this.#count >= limits.processEntriesMax) {
      const operatorId = this.#operatorId;
      const limit = `${limits.processEntriesMax} timers`;
      throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
    }
    set.add(at);
    this.#heap.push(at, key);
    this.#count += 1;
    return true;
  }

  #remove(key: number, at: number): boolean {
    const set = this.#set[key];
    if (set?.delete(at) !== true) return false;
    if (set.size === 0) this.#set[key] = undefined;
    this.#count -= 1;
    return true;
  }

  #mark(key: number, at: number): void {
    const dirty = this.#dirty.get(key);
    if (dirty === undefined) this.#dirty.set(key, new Set([at]));
    else dirty.add(at);
  }

  /** When the next timer is due; +Infinity when there is none. */
  nextAt(): number {
    // The heap may hold timers that were cancelled.
    while (this.#heap.size > 0 && this.#set[this.#heap.key]?.has(this.#heap.at) !== true) {
      this.#heap.pop();
    }
    return this.#heap.size === 0 ? Infinity : this.#heap.at;
  }

  /** Removes the timers of an instant that is the next; their keys in order. */
  takeAt(at: number): readonly number[] {
    const keys: number[] = [];
    while (this.nextAt() === at) {
      const { key } = this.#heap;
      this.#heap.pop();
      this.#remove(key, at);
      if (this.#domain === "processing") this.#mark(key, at);
      keys.push(key);
    }
    return this.#keys.sorted(keys);
  }

  /** Drops all timers. */
  clear(): void {
    for (let at = this.nextAt(); at < Infinity; at = this.nextAt()) this.takeAt(at);
  }

  holds(key: number): boolean {
    return this.#set[key] !== undefined || this.#dirty.has(key);
  }

  /** Keys have new numbers; those that are gone held nothing. */
  renumber(renumbered: Int32Array): void {
    const set: (Set<number> | undefined)[] = [];
    const heap = new TimerHeap();
    for (const [key, own] of this.#set.entries()) {
      if (own === undefined) continue;
      const number = renumbered[key] as number;
      set[number] = own;
      for (const at of own) heap.push(at, number);
    }
    this.#set = set;
    this.#heap = heap;
    const dirty = [...this.#dirty].map(([key, own]) => [renumbered[key] as number, own] as const);
    this.#dirty = new Map(dirty);
  }

  takeDelta(): readonly RecordBatch[] {
    const rows: (readonly [number, number])[] = [];
    for (const [key, dirty] of this.#dirty) for (const at of dirty) rows.push([key, at]);
    this.#dirty = new Map();
    return this.#stateRows(rows);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const rows: (readonly [number, number])[] = [];
    for (const [key, set] of this.#set.entries()) {
      if (set === undefined) continue;
      const keyGroup = this.#keys.keyGroupOf(key);
      if (keyGroup < from || keyGroup >= to) continue;
      for (const at of set) rows.push([key, at]);
    }
    return this.#stateRows(rows);
  }

  #stateRows(rows: readonly (readonly [number, number])[]): RecordBatch[] {
    const count = rows.length;
    if (count === 0) return [];
    const keys = rows.map(([key]) => key);
    const isPresent = columnBuilder(isPresentType, count);
    for (const [key, at] of rows) isPresent.append(this.#set[key]?.has(at) === true);
    const keyGroups = mapToInts(keys, (key) => this.#keys.keyGroupOf(key));
    const ats = mapToFloats(rows, ([, at]) => at);
    const columns = [
      int32Column(keyGroups, count),
      int64Column(ats, count),
      isPresent.finish(),
      ...this.#keys.columns(keys),
    ];
    return [makeBatch(this.#schema, columns, count)];
  }

  restore(rows: RecordBatch): void {
    const keys = this.#keys.of(rows);
    const ats = readNumbers(columnOf(rows, "$at"));
    const readPresent = valueReader(isPresentType);
    const isPresent = columnOf(rows, "$isPresent");
    for (let row = 0; row < rows.numRows; row += 1) {
      const [key, at] = [keys[row] as number, ats[row] as number];
      if (readPresent(isPresent, row) === true) this.#insert(key, at);
      else this.#remove(key, at);
    }
  }

  restored(watermark: number): void {
    this.restoredAt = watermark;
    if (this.#domain === "processing") return;
    for (let at = this.nextAt(); at <= watermark && at < Infinity; at = this.nextAt()) {
      this.takeAt(at);
    }
  }

  get rowCount(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#count * 64;
  }
}
