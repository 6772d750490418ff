import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { CellTable } from "./cell-table.ts";
import type { EventOrder } from "./event-order.ts";

/**
 * Rows that an accumulator takes in: columns of a whole batch, and which rows of it go to which
 * group.
 *
 * Row `rows[i]` goes to group `groups[i]`. Null arguments and rows outside the filter are left out
 * already. The object and its arrays are reused: nothing of it may be kept.
 */
export interface AggregateRows {
  /** The argument; undefined for `count()`. */
  data: Data | undefined;
  /** The argument as numbers by row, where the accumulator needs them; else empty. */
  values: Float64Array;
  /** Hashes of the argument by row, where the accumulator needs them; else empty. */
  hashes: Uint32Array;
  rows: Int32Array;
  groups: Int32Array;
  count: number;
  /** Event time and lineage of the batch's rows. */
  order: EventOrder;
}

/** Which form of its argument an accumulator reads. */
export type ArgumentForm = "none" | "number" | "hash" | "value";

/**
 * One aggregate over the groups of one window: state columns indexed by dense group. A fresh group
 * is empty.
 *
 * `merge` and `add` commute: any split of the rows, in any order, gives the same result (float sums
 * up to rounding).
 */
export interface Accumulator {
  /** Makes room for groups 0…count−1. */
  ensure(count: number): void;
  add(input: AggregateRows): void;
  /**
   * Takes in another one of its kind: its group i goes to group `groups[i]`, for i < count. −1
   * leaves a group out.
   */
  merge(other: Accumulator, groups: Int32Array, count: number): void;
  /** Takes out what `merge` has taken in, to the last bit. Absent where that is not possible. */
  unmerge?(other: Accumulator, groups: Int32Array, count: number): void;
  /** The result of the given groups, as a column of the call's type. */
  result(groups: Int32Array, count: number): Data;
  /** Columns of the state row of a group; names are unique within the accumulator. */
  readonly stateFields: readonly FieldType[];
  stateColumns(groups: Int32Array, count: number): Data[];
  /** Sets (not adds) the state of `groups[i]` from row i of the columns. */
  restore(columns: readonly Data[], groups: Int32Array, count: number): void;
  /** State beside the state row: cells by (group, cell), for sketches. */
  readonly cells?: CellTable;
  /** Bytes held, roughly. */
  readonly sizeBytes: number;
}
