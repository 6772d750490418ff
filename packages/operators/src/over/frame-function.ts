import type { FieldType } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";

/**
 * One aggregate over frames: what each kept row (entry) brings, and what stretches of entries come
 * to.
 *
 * A key's entries are two stretches: older ones, each of which knows what it and the older ones
 * after it come to (`setSuffix`), and newer ones, of which only the sum is known (the back).
 */
export interface FrameFunction {
  /** Makes room for entries and groups 0 … count − 1. */
  reserve(entries: number, groups: number): void;
  /** Reads argument and filter of a batch. */
  prepare(batch: RecordBatch): void;
  /** Takes over what a row of the batch brings. */
  set(entry: number, row: number): void;
  clearBack(group: number): void;
  addToBack(group: number, entry: number): void;
  /** What the entry and the stretch from `next` on come to; `next` −1 where it is the last. */
  setSuffix(entry: number, next: number): void;
  /** Adds the result of a stretch from `entry` (−1: none) and a group's back. */
  addResult(entry: number, group: number): void;
  /** The results since the last call, as a column of the call's type. */
  takeResults(): Data;
  /** What entries bring, as a column; null where they bring nothing. */
  readonly stateType: FieldType["type"];
  stateColumn(entries: Int32Array): Data;
  restore(entry: number, column: Data, row: number): void;
  /** Bytes held, roughly. */
  readonly sizeBytes: number;
}
