import { GroupTable, int32Column } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import type { AggregateRows } from "./accumulator.ts";

/**
 * Which values each group has seen, for `distinct`: exact, one entry per (group, value).
 *
 * Entries are only ever added, so what changed since a delta is the tail.
 */
export class DistinctSet {
  readonly #table: GroupTable;
  readonly #scratch = new Scratch();
  #deltaFrom = 0;

  constructor(argument: DataType) {
    this.#table = new GroupTable([
      { name: "$group", type: { kind: "int32", nullable: false } },
      { name: "$value", type: argument },
    ]);
  }

  get size(): number {
    return this.#table.size;
  }

  get sizeBytes(): number {
    return this.#table.sizeBytes;
  }

  /** Adds the rows' values, and leaves in `input` only those that were new to their group. */
  keepNew(input: AggregateRows): void {
    const { count } = input;
    const data = input.data as Data;
    const before = this.#table.size;
    const entries = this.#scratch.ints(0, count);
    this.#lookup(data, input.hashes, input.rows, input.groups, count, entries);
    const rows = this.#scratch.ints(1, count);
    const groups = this.#scratch.ints(2, count);
    let kept = 0;
    let next = before;
    for (let i = 0; i < count; i += 1) {
      // New entries are numbered in order of first appearance.
      if ((entries[i] as number) !== next) continue;
      next += 1;
      rows[kept] = input.rows[i] as number;
      groups[kept] = input.groups[i] as number;
      kept += 1;
    }
    input.rows = rows;
    input.groups = groups;
    input.count = kept;
  }

  /**
   * Adds values of saved state: row `i` of the column belongs to `groups[i]`. They do not count as
   * changed.
   */
  restore(data: Data, hashes: Uint32Array, groups: Int32Array, count: number): void {
    const wasClean = this.#deltaFrom === this.#table.size;
    const rows = Scratch.identity(count);
    this.#lookup(data, hashes, rows, groups, count, this.#scratch.ints(0, count));
    if (wasClean) this.#deltaFrom = this.#table.size;
  }

  #lookup(
    data: Data,
    hashes: Uint32Array,
    rows: Int32Array,
    groups: Int32Array,
    count: number,
    into: Int32Array,
  ): void {
    const groupOfRow = new Int32Array(data.length);
    const combined = this.#scratch.words(data.length);
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const group = groups[i] as number;
      groupOfRow[row] = group;
      combined[row] = Math.imul((hashes[row] as number) ^ Math.imul(group, 0x9e3779b1), 0x85ebca6b);
    }
    const columns = [int32Column(groupOfRow, data.length), data];
    this.#table.lookup(columns, combined, rows, count, into);
  }

  /** Entries added since the last call, as [from, to). */
  takeChanged(): { from: number; to: number } {
    const from = this.#deltaFrom;
    this.#deltaFrom = this.#table.size;
    return { from, to: this.#table.size };
  }

  /** Groups and values of entries. */
  entries(indexes: Int32Array, count: number): { groups: Int32Array; values: Data } {
    const [groups, values] = this.#table.keyColumns(indexes, count);
    return { groups: (groups as Data).values as Int32Array, values: values as Data };
  }
}
