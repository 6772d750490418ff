import { type FieldType, limits, millraceError } from "@millrace/core";
import { OpenWindow, type WindowCall } from "./open-window.ts";

/** The open windows of one operator. */
export class WindowStore {
  readonly keys: readonly FieldType[];
  readonly calls: readonly WindowCall[];
  readonly #closesAfterMs: number;
  readonly #operatorId: string;
  readonly #windows = new Map<number, OpenWindow>();
  #earliest = Infinity;

  /** @param options closesAfterMs window size plus allowed lateness */
  constructor(options: {
    readonly keys: readonly FieldType[];
    readonly calls: readonly WindowCall[];
    readonly closesAfterMs: number;
    readonly operatorId: string;
  }) {
    this.keys = options.keys;
    this.calls = options.calls;
    this.#closesAfterMs = options.closesAfterMs;
    this.#operatorId = options.operatorId;
  }

  /** The window that starts there, opened when needed. */
  open(start: number): OpenWindow {
    const found = this.#windows.get(start);
    if (found !== undefined) return found;
    const window = new OpenWindow(start, this.keys, this.calls, this.#operatorId);
    this.#windows.set(start, window);
    this.#earliest = Math.min(this.#earliest, start);
    return window;
  }

  /**
   * Checks that there are not too many open windows. Not while restoring: a changelog also holds
   * windows that have closed since. (The bound on groups is the group table's.)
   *
   * @throws MillraceError `RUN_STATE_TOO_LARGE`
   */
  checkBounds(): void {
    if (this.#windows.size <= limits.windowsOpenMax) return;
    const operatorId = this.#operatorId;
    const limit = `${limits.windowsOpenMax} open windows`;
    throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
  }

  /** Whether a window has closed when event time is there. */
  isClosedAt(start: number, watermark: number): boolean {
    return start + this.#closesAfterMs <= watermark;
  }

  /** Removes and returns the windows that close at this watermark, ascending. */
  takeClosed(watermark: number): OpenWindow[] {
    if (!this.isClosedAt(this.#earliest, watermark)) return [];
    const closed: OpenWindow[] = [];
    this.#earliest = Infinity;
    for (const [start, window] of this.#windows) {
      if (this.isClosedAt(start, watermark)) {
        closed.push(window);
        this.#windows.delete(start);
      } else if (start < this.#earliest) {
        this.#earliest = start;
      }
    }
    return closed.toSorted((left, right) => left.start - right.start);
  }

  all(): Iterable<OpenWindow> {
    return this.#windows.values();
  }

  get groupCount(): number {
    let count = 0;
    for (const window of this.#windows.values()) count += window.groups.size;
    return count;
  }
}
