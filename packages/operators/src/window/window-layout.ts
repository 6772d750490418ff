import { assert } from "@millrace/core";
import { greatestDivisor, type WindowSpec } from "@millrace/plan";

/** Windows whose places depend on the clock alone, not on the rows. */
export type AlignedWindow = Extract<WindowSpec, { sizeMs: number }>;

/**
 * How aligned windows are made of panes: stretches of time of equal length in which no window
 * starts or ends.
 *
 * A window is named by its end. The windows over a pane end `strideMs` apart, from
 * `firstEndOf(pane)` to `lastEndOf(pane)`; a tumbling window is a pane with one window.
 */
export class WindowLayout {
  readonly paneMs: number;
  readonly offsetMs: number;
  /** From the end of a window to the end of the next over the same pane. */
  readonly strideMs: number;
  /** Whether a pane may be part of several windows. */
  readonly isShared: boolean;
  /** Whether the windows over a pane start together and grow, rather than move on. */
  readonly isGrowing: boolean;
  readonly #sizeMs: number;
  /** From the end of the last window over a pane to the next such end. */
  readonly #lastEveryMs: number;

  constructor(window: AlignedWindow) {
    const { sizeMs, offsetMs } = window;
    this.#sizeMs = sizeMs;
    this.offsetMs = offsetMs;
    this.isShared = window.kind !== "tumbling";
    this.isGrowing = window.kind === "cumulate";
    this.strideMs = strideOf(window);
    this.paneMs = greatestDivisor(sizeMs, this.strideMs);
    this.#lastEveryMs = this.isGrowing ? sizeMs : this.strideMs;
    assert(this.strideMs > 0 && this.strideMs <= sizeMs, "each time is in at least one window");
  }

  #floor(time: number, stepMs: number): number {
    return Math.floor((time - this.offsetMs) / stepMs) * stepMs + this.offsetMs;
  }

  /** End of the first window over a time. */
  firstEndOf(time: number): number {
    const reachMs = this.isGrowing ? 0 : this.#sizeMs;
    return this.#floor(time - reachMs, this.strideMs) + this.strideMs + reachMs;
  }

  /** End of the last window over a time. */
  lastEndOf(time: number): number {
    return this.#floor(time, this.#lastEveryMs) + this.#sizeMs;
  }

  /** End of the first window over a time that ends after `end`. */
  firstEndAfter(time: number, end: number): number {
    const first = this.firstEndOf(time);
    if (first > end) return first;
    return first + (Math.floor((end - first) / this.strideMs) + 1) * this.strideMs;
  }

  /** Start of the window that ends there. */
  startOf(end: number): number {
    return this.isGrowing ? this.#floor(end - 1, this.#sizeMs) : end - this.#sizeMs;
  }
}

function strideOf(window: AlignedWindow): number {
  switch (window.kind) {
    case "tumbling":
      return window.sizeMs;
    case "hopping":
      return window.slideMs;
    case "cumulate":
      return window.stepMs;
  }
}
