import { type FieldType, limits, millraceError } from "@millrace/core";
import { OpenWindow, type WindowCall } from "./open-window.ts";
import type { WindowLayout } from "./window-layout.ts";
import type { PaneStore } from "./window-table.ts";

/** A window that has closed, and the panes whose rows count in it, at least one. */
export interface DueWindow {
  readonly start: number;
  readonly end: number;
  readonly panes: OpenWindow[];
}

/**
 * The panes of one operator over which a window is open.
 *
 * Rows of one pane may differ in the first window that they count in, as a row that comes late
 * counts only in the windows that its own watermark has not closed: they are kept apart.
 */
export class WindowStore implements PaneStore {
  readonly keys: readonly FieldType[];
  readonly calls: readonly WindowCall[];
  readonly layout: WindowLayout;
  readonly #allowedLatenessMs: number;
  readonly #operatorId: string;
  /** By pane start, then in order of opening. */
  readonly #panes = new Map<number, OpenWindow[]>();
  #paneCount = 0;
  /** Windows that end by then have been given out. */
  #passed = -Infinity;
  /** No window is due that ends before. */
  #nextEnd = Infinity;

  constructor(options: {
    readonly keys: readonly FieldType[];
    readonly calls: readonly WindowCall[];
    readonly layout: WindowLayout;
    readonly allowedLatenessMs: number;
    readonly operatorId: string;
  }) {
    this.keys = options.keys;
    this.calls = options.calls;
    this.layout = options.layout;
    this.#allowedLatenessMs = options.allowedLatenessMs;
    this.#operatorId = options.operatorId;
  }

  /** The pane that starts there, for rows that count from the window that ends at `firstEnd` on. */
  open(start: number, firstEnd: number): OpenWindow {
    const panes = this.#panes.get(start) ?? [];
    const found = panes.find((pane) => pane.firstEnd === firstEnd);
    if (found !== undefined) return found;
    const pane = this.fresh({ start, firstEnd });
    panes.push(pane);
    this.#panes.set(start, panes);
    this.#paneCount += 1;
    this.#nextEnd = Math.min(this.#nextEnd, firstEnd);
    return pane;
  }

  /** An empty one that is not kept. */
  fresh(span: { readonly start: number; readonly firstEnd: number }): OpenWindow {
    return new OpenWindow(span, this.keys, this.calls, this.#operatorId);
  }

  /**
   * Checks that there are not too many open panes. Not while restoring: a changelog also holds
   * panes whose windows have closed since. (The bound on groups is the group table's.)
   *
   * @throws MillraceError `RUN_STATE_TOO_LARGE`
   */
  checkBounds(): void {
    if (this.#paneCount <= limits.windowsOpenMax) return;
    const operatorId = this.#operatorId;
    const limit = `${limits.windowsOpenMax} open windows`;
    throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
  }

  /** Whether the window that ends there has closed when event time is at the watermark. */
  isClosedAt(end: number, watermark: number): boolean {
    return end + this.#allowedLatenessMs <= watermark;
  }

  /**
   * The windows that close at this watermark and have not been given out, by ascending end. Frees
   * the panes over which no window is open any more.
   */
  takeDue(watermark: number): DueWindow[] {
    if (!this.isClosedAt(this.#nextEnd, watermark)) {
      this.#passed = Math.max(this.#passed, watermark - this.#allowedLatenessMs);
      return [];
    }
    const due = new Map<number, DueWindow>();
    const limit = watermark - this.#allowedLatenessMs;
    this.#nextEnd = Infinity;
    for (const [start, panes] of this.#panes) {
      const open = panes.filter((pane) => this.#takeFrom(pane, limit, due));
      this.#paneCount -= panes.length - open.length;
      if (open.length === 0) this.#panes.delete(start);
      else if (open.length < panes.length) this.#panes.set(start, open);
    }
    this.#passed = Math.max(this.#passed, limit);
    for (const { panes } of due.values()) {
      panes.sort((left, right) => left.start - right.start || left.firstEnd - right.firstEnd);
    }
    return [...due.values()].toSorted((left, right) => left.end - right.end);
  }

  dropClosed(watermark: number): void {
    this.takeDue(watermark);
  }

  /** Adds a pane to its windows that are due; says whether one is still open. */
  #takeFrom(pane: OpenWindow, limit: number, due: Map<number, DueWindow>): boolean {
    const last = this.layout.lastEndOf(pane.start);
    const { strideMs } = this.layout;
    let end = Math.max(pane.firstEnd, this.layout.firstEndAfter(pane.start, this.#passed));
    for (; end <= limit && end <= last; end += strideMs) {
      const window = due.get(end);
      if (window === undefined) {
        due.set(end, { start: this.layout.startOf(end), end, panes: [pane] });
      } else {
        window.panes.push(pane);
      }
    }
    if (end > last) return false;
    this.#nextEnd = Math.min(this.#nextEnd, end);
    return true;
  }

  *all(): Iterable<OpenWindow> {
    for (const panes of this.#panes.values()) yield* panes;
  }
}
