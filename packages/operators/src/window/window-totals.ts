import { mergeWindow } from "./merge-windows.ts";
import type { OpenWindow } from "./open-window.ts";
import type { DueWindow, WindowStore } from "./window-store.ts";

/** What a window's panes come to. */
export interface WindowTotal {
  readonly window: OpenWindow;
  /** The groups that have rows in it; all unless given. */
  readonly groups?: Int32Array;
}

/** What windows that have closed come to: the sums of their panes. */
export interface WindowTotals {
  /**
   * Call with windows by ascending end. The total may be a pane, and may change at the next call.
   */
  of(due: DueWindow): WindowTotal;
}

/** Merges the panes of each window. */
export class PaneSums implements WindowTotals {
  readonly #store: WindowStore;

  constructor(store: WindowStore) {
    this.#store = store;
  }

  of(due: DueWindow): { readonly window: OpenWindow } {
    const [only] = due.panes;
    if (only !== undefined && due.panes.length === 1) return { window: only };
    const window = this.#store.fresh({ start: due.start, firstEnd: due.end });
    for (const pane of due.panes) mergeWindow(window, pane);
    return { window };
  }
}

/**
 * Adds to the window before what has come since: for windows that start together and grow.
 *
 * A pane does not change any more once the first window over it has closed, so what has been added
 * stays right. It is not saved: after a restart, the first window is summed up anew.
 *
 * **State** one more row per key of the windows that grow
 */
export class RunningSums implements WindowTotals {
  readonly #store: WindowStore;
  #running: { readonly start: number; readonly total: OpenWindow; added: number } | undefined;

  constructor(store: WindowStore) {
    this.#store = store;
  }

  of({ start, end, panes }: DueWindow): WindowTotal {
    if (this.#running?.start !== start) {
      const total = this.#store.fresh({ start, firstEnd: end });
      this.#running = { start, total, added: -Infinity };
    }
    const running = this.#running;
    for (const pane of panes) {
      if (pane.firstEnd > running.added) mergeWindow(running.total, pane);
    }
    running.added = end;
    if (this.#store.layout.lastEndOf(start) === end) this.#running = undefined;
    return { window: running.total };
  }
}
