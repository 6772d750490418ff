import type { InterpolateSpec } from "@millrace/plan";
import { grownSlots } from "./keyed-rows.ts";

/** What known values ask of the rows that hold them. */
export interface RowUse {
  timeOf(slot: number): number;
  use(slot: number): void;
  release(slot: number): void;
}

const forgetFrom = 1_024;

/**
 * Finds for the nulls of one column the known values of their key from which they are filled.
 *
 * Rows are known by slot and come in event order. A null waits for the next known value only where
 * the method needs that, and one that is near enough may come.
 *
 * **State** 12 bytes per slot and 4 per key
 */
export class KnownValues {
  readonly #method: InterpolateSpec["method"];
  readonly #maxGapMs: number;
  readonly #rows: RowUse;
  /** By group: the slot of its last known value; −1 where there is none. */
  #last: Int32Array = new Int32Array(16).fill(-1);
  #groupCount = 0;
  /** The nulls of a group that wait, in event order. */
  readonly #waiting = new Map<number, number[]>();
  /** By slot, where a null is filled: from which slots; −1 where the method needs none. */
  #previous: Int32Array = new Int32Array(16).fill(-1);
  #next: Int32Array = new Int32Array(16).fill(-1);
  #isWaiting: Int32Array = new Int32Array(16);
  /** Values that are too old are looked for when so many groups were met. */
  #forgetAt = forgetFrom;

  constructor(method: InterpolateSpec["method"], maxGapMs: number, rows: RowUse) {
    this.#method = method;
    this.#maxGapMs = maxGapMs;
    this.#rows = rows;
  }

  /** Makes room for so many slots and groups. */
  reserve(slots: number, groups: number): void {
    this.#last = grownSlots(this.#last, groups, -1);
    this.#groupCount = groups;
    this.#previous = grownSlots(this.#previous, slots, -1);
    this.#next = grownSlots(this.#next, slots, -1);
    this.#isWaiting = grownSlots(this.#isWaiting, slots, 0);
  }

  /** Takes in the next row of a group. */
  add(group: number, slot: number, isKnown: boolean): void {
    if (isKnown) return this.#learn(group, slot);
    if (this.#method === "next") return this.#wait(group, slot);
    const last = this.#last[group] as number;
    if (last < 0 || !this.#isNear(last, slot)) return;
    if (this.#method === "linear") this.#wait(group, slot);
    else this.#fill(slot, last, -1);
  }

  #isNear(from: number, to: number): boolean {
    return this.#rows.timeOf(to) - this.#rows.timeOf(from) <= this.#maxGapMs;
  }

  #wait(group: number, slot: number): void {
    this.#isWaiting[slot] = 1;
    const waiting = this.#waiting.get(group);
    if (waiting === undefined) this.#waiting.set(group, [slot]);
    else waiting.push(slot);
  }

  #learn(group: number, slot: number): void {
    const last = this.#last[group] as number;
    const isLinear = this.#method === "linear";
    for (const empty of this.#waiting.get(group) ?? []) {
      this.#isWaiting[empty] = 0;
      const isNear = this.#isNear(isLinear ? last : empty, slot);
      if (isNear) this.#fill(empty, isLinear ? last : -1, slot);
    }
    this.#waiting.delete(group);
    if (this.#method === "next") return;
    this.#rows.use(slot);
    this.#last[group] = slot;
    if (last >= 0) this.#rows.release(last);
  }

  #fill(slot: number, previous: number, next: number): void {
    this.#previous[slot] = previous;
    this.#next[slot] = next;
    if (previous >= 0) this.#rows.use(previous);
    if (next >= 0) this.#rows.use(next);
  }

  /** Nulls of a group for which no value that is near enough can come any more stay null. */
  giveUp(group: number, watermark: number): void {
    const waiting = this.#waiting.get(group);
    if (waiting === undefined) return;
    const last = this.#last[group] as number;
    const isOver = (slot: number): boolean =>
      this.#rows.timeOf(this.#method === "linear" ? last : slot) + this.#maxGapMs < watermark;
    let count = 0;
    while (count < waiting.length && isOver(waiting[count] as number)) count += 1;
    for (const slot of waiting.splice(0, count)) this.#isWaiting[slot] = 0;
    if (waiting.length === 0) this.#waiting.delete(group);
  }

  isWaiting(slot: number): boolean {
    return this.#isWaiting[slot] === 1;
  }

  isFilled(slot: number): boolean {
    return (this.#previous[slot] as number) >= 0 || (this.#next[slot] as number) >= 0;
  }

  previousOf(slot: number): number {
    return this.#previous[slot] as number;
  }

  nextOf(slot: number): number {
    return this.#next[slot] as number;
  }

  /** A row has come out. */
  leave(slot: number): void {
    const previous = this.previousOf(slot);
    const next = this.nextOf(slot);
    this.#previous[slot] = -1;
    this.#next[slot] = -1;
    if (previous >= 0) this.#rows.release(previous);
    if (next >= 0) this.#rows.release(next);
  }

  /** Lets go of values that are too old for any null to come, when enough may have gathered. */
  forget(watermark: number): void {
    if (this.#groupCount < this.#forgetAt) return;
    for (let group = 0; group < this.#groupCount; group += 1) {
      const last = this.#last[group] as number;
      if (last < 0 || this.#waiting.has(group)) continue;
      if (this.#rows.timeOf(last) + this.#maxGapMs >= watermark) continue;
      this.#rows.release(last);
      this.#last[group] = -1;
    }
    this.#forgetAt = Math.max(forgetFrom, this.#groupCount * 2);
  }
}
