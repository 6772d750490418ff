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
  /** `endingIn` has given the windows that end by then. */
  #ended = -Infinity;
  /** No window that it has not given ends before. */
  #nextEnding = Infinity;
  /** The pane opened last, if it is open: the next is expected to have as many groups. */
  #newest: OpenWindow | undefined;

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
    const groups = this.#newest?.groups.size;
    const span = { start, firstEnd };
    const pane = new OpenWindow(span, this.keys, this.calls, this.#operatorId, groups);
    this.#newest = pane;
    panes.push(pane);
    this.#panes.set(start, panes);
    this.#paneCount += 1;
    this.#nextEnd = Math.min(this.#nextEnd, firstEnd);
    const ending = Math.max(firstEnd, this.layout.firstEndAfter(start, this.#ended));
    this.#nextEnding = Math.min(this.#nextEnding, ending);
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
    const limit = watermark - this.#allowedLatenessMs;
    const due = this.#nextEnd > limit ? [] : this.#collect(this.#passed, limit);
    if (this.#nextEnd <= limit) this.#free(limit);
    this.#passed = Math.max(this.#passed, limit);
    return due;
  }

  /** Windows that end after `after` and by `upTo`, by ascending end, whether or not they close. */
  endingIn(after: number, upTo: number): DueWindow[] {
    if (this.#nextEnding > upTo) return [];
    const ending = this.#collect(after, upTo);
    this.#ended = upTo;
    this.#nextEnding = Infinity;
    for (const pane of this.all()) {
      const end = Math.max(pane.firstEnd, this.layout.firstEndAfter(pane.start, upTo));
      if (end <= this.layout.lastEndOf(pane.start)) {
        this.#nextEnding = Math.min(this.#nextEnding, end);
      }
    }
    return ending;
  }

  /** The panes of the window that ends there whose rows count in it, in order. */
  windowAt(end: number): DueWindow {
    const start = this.layout.startOf(end);
    const panes: OpenWindow[] = [];
    for (let at = start; at < end; at = this.layout.paneEndOf(at)) {
      for (const pane of this.#panes.get(at) ?? []) if (pane.firstEnd <= end) panes.push(pane);
    }
    return { start, end, panes: panes.sort(byPlace) };
  }

  /** Ends of the windows over a pane that are open, ascending. */
  *openEndsOf(pane: OpenWindow): Iterable<number> {
    const last = this.layout.lastEndOf(pane.start);
    let end = Math.max(pane.firstEnd, this.layout.firstEndAfter(pane.start, this.#passed));
    for (; end <= last; end += this.layout.strideMs) yield end;
  }

  dropClosed(watermark: number): void {
    const limit = watermark - this.#allowedLatenessMs;
    if (this.#nextEnd <= limit) this.#free(limit);
    this.#passed = Math.max(this.#passed, limit);
  }

  /** Windows with a pane that end after `after` and by `upTo`. */
  #collect(after: number, upTo: number): DueWindow[] {
    const found = new Map<number, DueWindow>();
    const { strideMs } = this.layout;
    for (const panes of this.#panes.values()) {
      for (const pane of panes) {
        const last = Math.min(upTo, this.layout.lastEndOf(pane.start));
        let end = Math.max(pane.firstEnd, this.layout.firstEndAfter(pane.start, after));
        for (; end <= last; end += strideMs) {
          const window = found.get(end);
          if (window !== undefined) window.panes.push(pane);
          else found.set(end, { start: this.layout.startOf(end), end, panes: [pane] });
        }
      }
    }
    for (const { panes } of found.values()) panes.sort(byPlace);
    return [...found.values()].toSorted((left, right) => left.end - right.end);
  }

  /** Frees the panes whose windows all end by the limit, and finds the next end after it. */
  #free(limit: number): void {
    this.#nextEnd = Infinity;
    for (const [start, panes] of this.#panes) {
      if (this.layout.lastEndOf(start) <= limit) {
        this.#panes.delete(start);
        if (this.#newest?.start === start) this.#newest = undefined;
        this.#paneCount -= panes.length;
        continue;
      }
      const next = this.layout.firstEndAfter(start, limit);
      for (const pane of panes) {
        this.#nextEnd = Math.min(this.#nextEnd, Math.max(pane.firstEnd, next));
      }
    }
  }

  keyGroupsOf(window: OpenWindow, groups: Int32Array): Int32Array {
    return window.keyGroupsOf(groups);
  }

  *all(): Iterable<OpenWindow> {
    for (const panes of this.#panes.values()) yield* panes;
  }
}

function byPlace(left: OpenWindow, right: OpenWindow): number {
  return left.start - right.start || left.firstEnd - right.firstEnd;
}
