import type { GlobalWindow, SessionWindow, WindowSpec } from "@millrace/plan";
import { AlignedLayout } from "./aligned-layout.ts";
import { CalendarLayout } from "./calendar-layout.ts";

/** Windows whose places depend on the clock alone, not on the rows. */
export type ClockWindow = Exclude<WindowSpec, SessionWindow | GlobalWindow>;

/** Panes of event time, `[start, end)`, without gaps. */
export interface PaneLayout {
  /** Start of the pane of a time, times before 1970 included. */
  paneStartOf(time: number): number;
  /** End of the pane that starts there. */
  paneEndOf(start: number): number;
  /** End of the first window over a time. */
  firstEndOf(time: number): number;
  /** Whether a pane may be part of several windows. */
  readonly isShared: boolean;
}

/**
 * How windows are made of panes: stretches of time in which no window starts or ends.
 *
 * A window is named by its end. The windows over a pane end `strideMs` apart, from
 * `firstEndOf(pane)` to `lastEndOf(pane)`; a tumbling window is a pane with one window.
 */
export interface WindowLayout extends PaneLayout {
  /** From the end of a window to the end of the next over the same pane; Infinity where none is. */
  readonly strideMs: number;
  /** Whether the windows over a pane start together and grow, rather than move on. */
  readonly isGrowing: boolean;
  /** End of the last window over a time. */
  lastEndOf(time: number): number;
  /** End of the first window over a time that ends after `end`. */
  firstEndAfter(time: number, end: number): number;
  /** Start of the window that ends there. */
  startOf(end: number): number;
}

/** The layout of a kind of window. */
export function layoutOf(window: ClockWindow): WindowLayout {
  return window.kind === "calendar" ? new CalendarLayout(window) : new AlignedLayout(window);
}
