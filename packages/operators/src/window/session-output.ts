import type { StateTable } from "@millrace/core";
import { ClosedWindows } from "./closed-windows.ts";
import type { SessionPane } from "./session-pane.ts";
import type { SessionStore } from "./session-store.ts";
import type { Emit } from "./window-output.ts";
import type { WindowRowsOptions } from "./window-rows.ts";

/** When and how sessions are given out. */
export interface SessionOutput {
  /** Tables beside those of the panes. */
  readonly tables: readonly StateTable[];
  /** Rows have been added to groups of a pane. */
  added(pane: SessionPane, groups: Int32Array, count: number): void;
  /** All rows of a batch have been added. */
  batchEnded(emit: Emit): void;
  /** Event time has moved on; also frees what has closed. */
  advance(watermark: number, emit: Emit): void;
  /** The panes have been restored, as of this watermark. */
  restored(watermark: number): void;
}

/** Gives each session out once, when it has closed. */
export class SessionsAtClose implements SessionOutput {
  readonly tables: readonly [] = [];
  readonly #store: SessionStore;
  readonly #closed: ClosedWindows;

  constructor(store: SessionStore, rows: WindowRowsOptions) {
    this.#store = store;
    this.#closed = new ClosedWindows(rows);
  }

  added(): void {}

  batchEnded(): void {}

  advance(watermark: number, emit: Emit): void {
    const sessions = this.#store.takeClosed(watermark);
    if (sessions !== undefined) this.#closed.add(sessions.total, sessions, emit);
    this.#closed.flush(emit);
  }

  restored(): void {}
}
