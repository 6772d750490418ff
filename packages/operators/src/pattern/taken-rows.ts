import type { NumberMonoid } from "../over/number-monoid.ts";

/** An aggregate that is kept for each taken row: of the rows of its variable so far. */
export interface TakenAggregate {
  readonly variable: number;
  readonly monoid: NumberMonoid;
  /** What a row brings; undefined where its argument is null. */
  readonly read: (slot: number) => number | undefined;
}

/**
 * Rows that variables have taken, each with the one taken before: a way through a pattern is named
 * by its last taken row, and ways that began alike share their beginning.
 *
 * **State** 24 bytes per taken row, and 8 per slot of each aggregate
 * **Cost**  O(1) per row and aggregate
 */
export class TakenRows {
  /** Taken rows so far; the next one gets this number. */
  size: number = 0;
  readonly #aggregates: readonly TakenAggregate[];
  /** Where the slots of each aggregate begin, and of all. */
  readonly #places: readonly number[];
  readonly #width: number;
  #slots: Int32Array = new Int32Array(64);
  #variables: Int32Array = new Int32Array(64);
  #counts: Int32Array = new Int32Array(64);
  /** The one taken before; −1 at the beginning. */
  #before: Int32Array = new Int32Array(64);
  /** The first one of the same variable. */
  #firsts: Int32Array = new Int32Array(64);
  #sums: Float64Array;

  constructor(aggregates: readonly TakenAggregate[]) {
    this.#aggregates = aggregates;
    let width = 0;
    this.#places = aggregates.map(({ monoid }) => {
      width += monoid.width;
      return width - monoid.width;
    });
    this.#width = width;
    this.#sums = new Float64Array(64 * width);
  }

  /** Takes a row for a variable after `before`; gives its number. */
  add(before: number, variable: number, slot: number): number {
    const taken = this.size;
    if (taken === this.#slots.length) this.#grow();
    this.size += 1;
    const isSame = before >= 0 && this.#variables[before] === variable;
    this.#slots[taken] = slot;
    this.#variables[taken] = variable;
    this.#before[taken] = before;
    this.#counts[taken] = isSame ? (this.#counts[before] as number) + 1 : 1;
    this.#firsts[taken] = isSame ? (this.#firsts[before] as number) : taken;
    if (this.#width > 0) this.#addUp(taken, isSame ? before : -1, variable, slot);
    return taken;
  }

  #addUp(taken: number, before: number, variable: number, slot: number): void {
    const from = taken * this.#width;
    this.#sums.fill(0, from, from + this.#width);
    for (const [i, { variable: own, monoid, read }] of this.#aggregates.entries()) {
      if (own !== variable) continue;
      const place = this.#places[i] as number;
      if (before >= 0) monoid.append(this.#sums, from + place, this.#sums, this.#at(before, place));
      const value = read(slot);
      if (value === undefined) continue;
      const lifted = new Float64Array(monoid.width);
      monoid.lift(lifted, 0, value);
      monoid.append(this.#sums, from + place, lifted, 0);
    }
  }

  #at(taken: number, place: number): number {
    return taken * this.#width + place;
  }

  /** Takes back the row that was taken last. */
  takeBack(): void {
    this.size -= 1;
  }

  #grow(): void {
    const room = this.#slots.length * 2;
    this.#slots = grown(this.#slots, room);
    this.#variables = grown(this.#variables, room);
    this.#counts = grown(this.#counts, room);
    this.#before = grown(this.#before, room);
    this.#firsts = grown(this.#firsts, room);
    const sums = new Float64Array(room * this.#width);
    sums.set(this.#sums);
    this.#sums = sums;
  }

  slotOf(taken: number): number {
    return this.#slots[taken] as number;
  }

  variableOf(taken: number): number {
    return this.#variables[taken] as number;
  }

  /** The row taken before; −1 at the beginning. */
  beforeOf(taken: number): number {
    return this.#before[taken] as number;
  }

  /** The last taken row of a variable on the way to `taken`; −1 where it has none. */
  lastOf(taken: number, variable: number): number {
    let at = taken;
    while (at >= 0 && this.variableOf(at) > variable) {
      at = this.beforeOf(this.#firsts[at] as number);
    }
    return at >= 0 && this.variableOf(at) === variable ? at : -1;
  }

  /** How many rows its variable has, up to a taken one. */
  countOf(taken: number): number {
    return this.#counts[taken] as number;
  }

  /** The row of the same variable that is so many rows before; −1 where there is none. */
  earlier(taken: number, offset: number): number {
    if (taken < 0 || offset >= this.countOf(taken)) return -1;
    if (offset === this.countOf(taken) - 1) return this.#firsts[taken] as number;
    let at = taken;
    for (let i = 0; i < offset; i += 1) at = this.beforeOf(at);
    return at;
  }

  /** The result of an aggregate up to a taken row; null where it has none. */
  result(aggregate: number, taken: number): number | null {
    const { monoid } = this.#aggregates[aggregate] as TakenAggregate;
    const place = this.#places[aggregate] as number;
    if (taken < 0) {
      const none = new Float64Array(monoid.width);
      return monoid.isNull(none, 0) ? null : monoid.result(none, 0);
    }
    const at = this.#at(taken, place);
    return monoid.isNull(this.#sums, at) ? null : monoid.result(this.#sums, at);
  }

  /**
   * Forgets all but some rows and those on the way to them.
   *
   * @returns the new number by the old one
   */
  keep(wanted: Iterable<number>): Int32Array {
    const isKept = new Uint8Array(this.size);
    for (const last of wanted) {
      for (let at = last; at >= 0 && isKept[at] === 0; at = this.beforeOf(at)) isKept[at] = 1;
    }
    const renumbered = new Int32Array(this.size).fill(-1);
    let count = 0;
    for (let from = 0; from < this.size; from += 1) {
      if (isKept[from] === 0) continue;
      this.#move(from, count, renumbered);
      renumbered[from] = count;
      // The first of a variable may be the row itself.
      const first = this.#firsts[count] as number;
      this.#firsts[count] = first === from ? count : (renumbered[first] as number);
      count += 1;
    }
    this.size = count;
    return renumbered;
  }

  #move(from: number, to: number, renumbered: Int32Array): void {
    const before = this.#before[from] as number;
    this.#slots[to] = this.#slots[from] as number;
    this.#variables[to] = this.#variables[from] as number;
    this.#counts[to] = this.#counts[from] as number;
    this.#before[to] = before < 0 ? -1 : (renumbered[before] as number);
    this.#firsts[to] = this.#firsts[from] as number;
    const width = this.#width;
    this.#sums.copyWithin(to * width, from * width, (from + 1) * width);
  }

  /** Kept rows have other slots now. */
  moveSlots(renumbered: Int32Array): void {
    for (let i = 0; i < this.size; i += 1) {
      this.#slots[i] = renumbered[this.#slots[i] as number] as number;
    }
  }

  get sizeBytes(): number {
    return this.#slots.length * (20 + this.#width * 8);
  }
}

function grown(from: Int32Array, length: number): Int32Array {
  const into = new Int32Array(length);
  into.set(from);
  return into;
}
