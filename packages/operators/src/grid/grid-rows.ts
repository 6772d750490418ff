import {
  type Collector,
  limits,
  type OperatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { GridSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { grownSlots, KeyedRows } from "./keyed-rows.ts";

// Invariants:
//   R1. Of each key the last row that the watermark has passed is held, until the watermark is so
//       far after it that nothing can come of it any more.
//   R2. Between two rows of a key, points come with the second one. Up to the watermark, a point
//       comes once no row can come that would be before it, or, of gaps, in its interval. So the
//       points that came are those up to the watermark: it is all their state.
//   R3. What comes is a function of the key's own rows, so it does not matter in which steps the
//       watermark moved, nor which other keys are in the task.

/** Rows and points of a grid, in order within each key. */
export interface GridPoints {
  readonly count: number;
  /** The slot of the last row at or before each. */
  readonly previous: Int32Array;
  /** The slot of the first row at or after each; −1 where none is known. */
  readonly next: Int32Array;
  /** The event time of each. A row's own one where it is that row. */
  readonly times: Float64Array;
}

/** What is looked for: each row and the empty intervals between, or each point of the grid. */
export type GridKind = "gaps" | "points";

/** How often silent keys are looked for within the longest gap. */
const sweepsPerGap = 4;

/**
 * Walks the rows of each key in event order, and finds the points of a regular grid between them.
 *
 * **State** see `KeyedRows`: one row per key, until the longest gap has passed since
 * **Cost**  O(rows and points); up to the watermark also O(keys) whenever it passes a point
 */
export class GridRows {
  readonly #spec: GridSpec;
  readonly #kind: GridKind;
  readonly #counts: OperatorCounts;
  readonly #rows: KeyedRows;
  readonly #emit: (points: GridPoints, out: Collector) => void;
  readonly #points = new PointList();
  /** The slot of the last row of each group; −1 where there is none. */
  #last: Int32Array = new Int32Array(16).fill(-1);
  #watermark = -Infinity;

  constructor(
    spec: GridSpec,
    options: {
      readonly kind: GridKind;
      readonly input: RowSchema;
      readonly counts: OperatorCounts;
      readonly operatorId: string;
      readonly emit: (points: GridPoints, out: Collector) => void;
    },
  ) {
    this.#spec = spec;
    this.#kind = options.kind;
    this.#counts = options.counts;
    this.#emit = options.emit;
    this.#rows = new KeyedRows({
      ...options,
      keys: spec.keys,
      deletes: false,
      onRenumbered: (watermark) => this.#findLast(watermark),
    });
  }

  get state(): readonly StateTable[] {
    return this.#rows.state;
  }

  add(batch: RecordBatch, out: Collector): void {
    this.#rows.add(batch, out);
  }

  /** The rows of some slots, in that order. */
  gather(slots: Int32Array): RecordBatch {
    return this.#rows.gather(slots);
  }

  /** The event time of a slot's row. */
  timeOf(slot: number): number {
    return this.#rows.times[slot] as number;
  }

  /** Finds what the watermark makes due. */
  advance(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    const taken = this.#rows.take(watermark);
    if (taken !== undefined) this.#walk(taken.start, taken.end, out);
    if (this.#spec.upTo === "watermark") this.#addDue(watermark, out);
    this.#flush(out);
    this.#sweep(watermark);
    this.#watermark = watermark;
    this.#rows.tidy();
  }

  #walk(start: number, end: number, out: Collector): void {
    this.#last = grownSlots(this.#last, this.#rows.groupCount, -1);
    for (let slot = start; slot < end; slot += 1) {
      const group = this.#rows.groupOf(slot);
      const before = this.#last[group] as number;
      if (before >= 0) {
        const isLater = this.timeOf(before) < this.timeOf(slot);
        if (before >= start && isLater) this.#addPointAt(before);
        if (isLater) this.#addBetween(before, slot, out);
        this.#rows.letGo(before);
      }
      if (this.#kind === "gaps") this.#points.add(slot, slot, this.timeOf(slot));
      this.#last[group] = slot;
      this.#rows.hold(slot);
      if (this.#points.isFull) this.#flush(out);
    }
    for (let slot = start; slot < end; slot += 1) {
      if (this.#last[this.#rows.groupOf(slot)] === slot) this.#addPointAt(slot);
    }
  }

  /** The point that a row is at, of the last row of that time. */
  #addPointAt(slot: number): void {
    if (this.#kind === "gaps") return;
    const { everyMs, anchorMs } = this.#spec;
    const time = this.timeOf(slot);
    if ((time - anchorMs) % everyMs === 0) this.#points.add(slot, slot, time);
  }

  #addBetween(before: number, slot: number, out: Collector): void {
    const { upTo, maxGapMs } = this.#spec;
    const time = this.timeOf(before);
    const isLong = this.timeOf(slot) - time > maxGapMs;
    if (isLong) this.#counts.unfilled += 1;
    if (isLong && upTo === "last-row") return;
    let from = this.#firstAfter(time);
    let to = this.#lastBefore(this.timeOf(slot));
    if (upTo === "watermark") {
      from = Math.max(from, this.#lastBefore(this.#watermark) + 1);
      to = Math.min(to, this.#lastWithinGap(time));
    }
    this.#addPoints(before, slot, { from, to }, out);
  }

  #addPoints(
    previous: number,
    next: number,
    { from, to }: { readonly from: number; readonly to: number },
    out: Collector,
  ): void {
    const { everyMs, anchorMs } = this.#spec;
    for (let point = from; point <= to; point += 1) {
      this.#points.add(previous, next, anchorMs + point * everyMs);
      if (this.#points.isFull) this.#flush(out);
    }
  }

  /** Points after the last row of each key, up to the watermark. */
  #addDue(watermark: number, out: Collector): void {
    const due = this.#lastBefore(watermark);
    const known = this.#lastBefore(this.#watermark);
    if (due === known) return;
    for (const slot of this.#last.subarray(0, this.#rows.groupCount)) {
      if (slot < 0) continue;
      const time = this.timeOf(slot);
      const from = Math.max(this.#firstAfter(time), known + 1);
      this.#addPoints(slot, -1, { from, to: Math.min(due, this.#lastWithinGap(time)) }, out);
    }
  }

  #numberOf(time: number): number {
    return (time - this.#spec.anchorMs) / this.#spec.everyMs;
  }

  /** The number of the first point after a time. */
  #firstAfter(time: number): number {
    return Math.floor(this.#numberOf(time)) + 1;
  }

  /** The number of the last point of which a row at that time, or none before it, says enough. */
  #lastBefore(time: number): number {
    const number = this.#numberOf(time);
    return (this.#kind === "gaps" ? Math.floor(number) : Math.ceil(number)) - 1;
  }

  #lastWithinGap(time: number): number {
    return Math.floor(this.#numberOf(time + this.#spec.maxGapMs));
  }

  #flush(out: Collector): void {
    if (this.#points.count === 0) return;
    this.#emit(this.#points.take(), out);
  }

  /** Lets go of the keys that have been silent for longer than the longest gap, and counts them. */
  #sweep(watermark: number): void {
    const at = this.#sweepTime(watermark);
    if (at === this.#sweepTime(this.#watermark)) return;
    const count = this.#letGoSilent(at);
    if (watermark < Infinity) this.#counts.unfilled += count;
  }

  /** Keys are looked through at multiples of a time, so that a restart finds the same ones. */
  #sweepTime(watermark: number): number {
    const everyMs = Math.ceil(this.#spec.maxGapMs / sweepsPerGap);
    return Math.floor(watermark / everyMs) * everyMs;
  }

  #letGoSilent(at: number): number {
    const { maxGapMs } = this.#spec;
    let count = 0;
    for (let group = 0; group < this.#rows.groupCount; group += 1) {
      const slot = this.#last[group] as number;
      if (slot < 0) continue;
      const time = this.timeOf(slot);
      if (time + maxGapMs >= at || this.#lastWithinGap(time) > this.#lastBefore(at)) continue;
      this.#rows.letGo(slot);
      this.#last[group] = -1;
      count += 1;
    }
    return count;
  }

  /** Finds the last row of each key again; older ones of restored state are let go. */
  #findLast(watermark: number | undefined): void {
    this.#last = new Int32Array(Math.max(16, this.#rows.groupCount)).fill(-1);
    for (let slot = 0; slot < this.#rows.size; slot += 1) {
      if (!this.#rows.isHeld(slot)) continue;
      const group = this.#rows.groupOf(slot);
      const before = this.#last[group] as number;
      if (before >= 0) this.#rows.letGo(before);
      this.#last[group] = slot;
    }
    if (watermark === undefined) return;
    this.#watermark = Math.max(this.#watermark, watermark);
    this.#letGoSilent(this.#sweepTime(this.#watermark));
  }
}

/** Points that are about to be emitted. */
class PointList {
  count = 0;
  #previous: Int32Array = new Int32Array(64);
  #next: Int32Array = new Int32Array(64);
  #times = new Float64Array(64);

  get isFull(): boolean {
    return this.count >= limits.batchRowsDefault;
  }

  add(previous: number, next: number, time: number): void {
    const { count } = this;
    if (count === this.#times.length) this.#grow();
    this.#previous[count] = previous;
    this.#next[count] = next;
    this.#times[count] = time;
    this.count = count + 1;
  }

  #grow(): void {
    const size = this.count * 2;
    this.#previous = grownSlots(this.#previous, size, 0);
    this.#next = grownSlots(this.#next, size, 0);
    const times = new Float64Array(size);
    times.set(this.#times);
    this.#times = times;
  }

  /** The points so far, as views; the list is empty then. */
  take(): GridPoints {
    const { count } = this;
    this.count = 0;
    return {
      count,
      previous: this.#previous.subarray(0, count),
      next: this.#next.subarray(0, count),
      times: this.#times.subarray(0, count),
    };
  }
}
