import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { CellTable } from "./cell-table.ts";
import type { EventOrder } from "./event-order.ts";
import type { ValueCounts } from "./value-counts.ts";

/** An argument after the first one. */
export interface OtherArgument {
  data: Data;
  /** As numbers by row, where the accumulator needs them; else empty. */
  values: Float64Array;
}

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
  /** Arguments after the first one; none of them is null in the given rows. */
  others: readonly OtherArgument[];
  /** Hashes of the argument by row, where the accumulator needs them; else empty. */
  hashes: Uint32Array;
  rows: Int32Array;
  groups: Int32Array;
  count: number;
  /**
   * How often each row of the batch counts: +1 for a row that is added, −1 for one that is taken
   * back, as in the hidden column `$weight`; more where equal rows were put together. Undefined
   * where each row counts once. Below zero only if the accumulator was planned with `retracts`.
   *
   * A row that is taken back has the event time and the lineage that it had when it was added:
   * `first`, `last` and what else goes by event order find it by them.
   */
  weights: Int32Array | undefined;
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
 * up to rounding). One that was planned with `retracts` gives the result of the rows that were
 * added and not taken back, also where a row was taken back before it was added: such rows are owed
 * for a while, and count again once they are added.
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
  /** State beside the state row: how often each value stands in each group. */
  readonly valueCounts?: ValueCounts;
  /**
   * Whether the result of a group changes when a row of its kind stands in it no more. Where it is
   * missing, each row matters.
   */
  dependsOn?(group: number, input: AggregateRows, row: number): boolean;
  /** Bytes held, roughly. */
  readonly sizeBytes: number;
}
