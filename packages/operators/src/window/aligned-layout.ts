import { assert } from "@millrace/core";
import {
  type CumulateWindow,
  greatestDivisor,
  type HoppingWindow,
  type TumblingWindow,
} from "@millrace/plan";
import type { WindowLayout } from "./window-layout.ts";

/** Windows of lengths that do not change, aligned to the epoch. */
export type AlignedWindow = TumblingWindow | HoppingWindow | CumulateWindow;

/** Windows aligned to the epoch, of panes of equal length. */
export class AlignedLayout implements WindowLayout {
  readonly strideMs: number;
  readonly isShared: boolean;
  readonly isGrowing: boolean;
  readonly #offsetMs: number;
  readonly #paneMs: number;
  readonly #sizeMs: number;
  /** From the end of the last window over a pane to the next such end. */
  readonly #lastEveryMs: number;

  constructor(window: AlignedWindow) {
    const { sizeMs, offsetMs } = window;
    this.#sizeMs = sizeMs;
    this.#offsetMs = offsetMs;
    this.isShared = window.kind !== "tumbling";
    this.isGrowing = window.kind === "cumulate";
    this.strideMs = strideOf(window);
    this.#paneMs = greatestDivisor(sizeMs, this.strideMs);
    this.#lastEveryMs = this.isGrowing ? sizeMs : this.strideMs;
    assert(this.strideMs > 0 && this.strideMs <= sizeMs, "each time is in at least one window");
  }

  #floor(time: number, stepMs: number): number {
    return Math.floor((time - this.#offsetMs) / stepMs) * stepMs + this.#offsetMs;
  }

  paneStartOf(time: number): number {
    return this.#floor(time, this.#paneMs);
  }

  paneEndOf(start: number): number {
    return start + this.#paneMs;
  }

  firstEndOf(time: number): number {
    const reachMs = this.isGrowing ? 0 : this.#sizeMs;
    return this.#floor(time - reachMs, this.strideMs) + this.strideMs + reachMs;
  }

  lastEndOf(time: number): number {
    return this.#floor(time, this.#lastEveryMs) + this.#sizeMs;
  }

  firstEndAfter(time: number, end: number): number {
    const first = this.firstEndOf(time);
    if (first > end) return first;
    return first + (Math.floor((end - first) / this.strideMs) + 1) * this.strideMs;
  }

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
