import type { StateTable } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import type { OpenWindow } from "./open-window.ts";

/** Takes a batch of output. */
export type Emit = (batch: RecordBatch) => void;

/** When and how the results of windows are given out. */
export interface WindowOutput {
  /** Tables beside those of the panes. */
  readonly tables: readonly StateTable[];
  /** Rows have been added to groups of a pane. */
  added(pane: OpenWindow, groups: Int32Array, count: number): void;
  /** All rows of a batch have been added. */
  batchEnded(emit: Emit): void;
  /** Event time has moved on; also frees what has closed. */
  advance(watermark: number, emit: Emit): void;
  /** The panes have been restored, as of this watermark. */
  restored(watermark: number): void;
}
