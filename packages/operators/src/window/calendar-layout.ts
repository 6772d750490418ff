import type { CalendarWindow } from "@millrace/plan";
import { CalendarBoundaries, type Span } from "../calendar/calendar-boundaries.ts";
import type { WindowLayout } from "./window-layout.ts";

/** Windows of the calendar: each is a pane by itself, and they differ in length. */
export class CalendarLayout implements WindowLayout {
  readonly strideMs: number = Infinity;
  readonly isShared: boolean = false;
  readonly isGrowing: boolean = false;
  readonly #boundaries: CalendarBoundaries;
  /** The window asked for last, as rows of one batch are mostly of one. */
  #last: Span = { start: 0, end: -Infinity };

  constructor(window: CalendarWindow) {
    this.#boundaries = new CalendarBoundaries(window);
  }

  #at(time: number): Span {
    if (time < this.#last.start || time >= this.#last.end) this.#last = this.#boundaries.at(time);
    return this.#last;
  }

  paneStartOf(time: number): number {
    return this.#at(time).start;
  }

  paneEndOf(start: number): number {
    return this.#at(start).end;
  }

  firstEndOf(time: number): number {
    return this.#at(time).end;
  }

  lastEndOf(time: number): number {
    return this.#at(time).end;
  }

  firstEndAfter(time: number, end: number): number {
    const own = this.#at(time).end;
    return own > end ? own : Infinity;
  }

  startOf(end: number): number {
    return this.#at(end - 1).start;
  }
}
