import { ClosedWindows } from "./closed-windows.ts";
import type { Emit, WindowOutput } from "./window-output.ts";
import type { WindowRowsOptions } from "./window-rows.ts";
import type { WindowStore } from "./window-store.ts";
import type { WindowTotals } from "./window-totals.ts";

/** Gives each window out once, when it has closed. */
export class OutputAtClose implements WindowOutput {
  readonly tables: readonly [] = [];
  readonly #store: WindowStore;
  readonly #totals: WindowTotals;
  readonly #closed: ClosedWindows;

  constructor(store: WindowStore, totals: WindowTotals, rows: WindowRowsOptions) {
    this.#store = store;
    this.#totals = totals;
    this.#closed = new ClosedWindows(rows);
  }

  added(): void {}

  batchEnded(): void {}

  advance(watermark: number, emit: Emit): void {
    for (const due of this.#store.takeDue(watermark)) {
      const { window, groups } = this.#totals.of(due);
      this.#closed.add(window, due, emit, groups);
    }
    this.#closed.flush(emit);
  }

  restored(): void {}
}
