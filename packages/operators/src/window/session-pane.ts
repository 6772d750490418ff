import { assert, hiddenColumns } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import { NumberExtremeAccumulator } from "../aggregate/number-extreme.ts";
import { Scratch } from "../scratch.ts";
import { copyGroups } from "./copy-groups.ts";
import type { OpenWindow } from "./open-window.ts";
import type { TableShape } from "./window-table.ts";

/** The least and the greatest event time of a group, beside the user's aggregates. */
export const timeCalls: readonly AggregateCall[] = (["min", "max"] as const).map((name) => {
  const type = { kind: "int64", as: "number", nullable: false } as const;
  const argument = { kind: "column", name: hiddenColumns.time, type } as const;
  return { function: name, distinct: false, type: { ...type, nullable: true }, argument };
});

/**
 * The rows of a stretch of time as long as the gap. Two rows of one key in it are less than a gap
 * apart, so each group is part of one session.
 */
export class SessionPane {
  readonly window: OpenWindow;
  /** No group of the pane ends a session before. */
  dueFrom: number = Infinity;
  readonly #first: NumberExtremeAccumulator;
  readonly #last: NumberExtremeAccumulator;
  #isWritten = new Uint8Array(16);
  #writtenCount = 0;

  /** @param window its last two calls are the least and the greatest event time */
  constructor(window: OpenWindow) {
    this.window = window;
    const [first, last] = window.calls.slice(-2).map((call) => call.accumulator);
    const isExtreme =
      first instanceof NumberExtremeAccumulator && last instanceof NumberExtremeAccumulator;
    assert(isExtreme, "a pane of sessions knows its first and last times");
    this.#first = first;
    this.#last = last;
  }

  /** Time of the first row of a group. */
  firstOf(group: number): number {
    return this.#first.valueOf(group);
  }

  /** Time of the last row of a group. */
  lastOf(group: number): number {
    return this.#last.valueOf(group);
  }

  /** Whether the session of a group has been written. */
  isWritten(group: number): boolean {
    return this.#isWritten[group] === 1;
  }

  markWritten(group: number): void {
    if (this.#isWritten.length < this.window.groups.size) {
      const grown = new Uint8Array(this.window.groups.size);
      grown.set(this.#isWritten);
      this.#isWritten = grown;
    }
    if (this.#isWritten[group] === 0) this.#writtenCount += 1;
    this.#isWritten[group] = 1;
  }

  /** Groups whose session has not been written. */
  liveGroups(): Int32Array {
    const all = Scratch.identity(this.window.groups.size).subarray(0, this.window.groups.size);
    return all.filter((group) => !this.isWritten(group));
  }

  /** How many those are. */
  get liveCount(): number {
    return this.window.groups.size - this.#writtenCount;
  }

  /** Whether most of it is written. */
  get isWasteful(): boolean {
    return this.#writtenCount > this.liveCount;
  }

  /** A pane with the live groups only, copied as a restart would. */
  compacted(into: OpenWindow, shapes: readonly TableShape[]): SessionPane {
    copyGroups(this.window, into, shapes, (group) => !this.isWritten(group));
    const pane = new SessionPane(into);
    pane.dueFrom = this.dueFrom;
    return pane;
  }
}
