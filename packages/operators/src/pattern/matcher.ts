import { mapToBytes, takeRows } from "@millrace/columnar";
import { millraceError } from "@millrace/core";
import type { PatternSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { TimerHeap } from "../process/timer-heap.ts";
import type { Conditions } from "./conditions.ts";
import type { KeptRows } from "./kept-rows.ts";
import {
  type Attempt,
  closeGap,
  emptyKey,
  hasRows,
  indexOfSlot,
  type OpenKey,
  openKey,
  wayWidth,
} from "./open-key.ts";
import type { PatternKeys } from "./pattern-keys.ts";
import { rowsByKey } from "./rows-by-key.ts";
import { Search } from "./search.ts";

/** Matches that are complete: by match, its key, its first row and its last taken row. */
export interface Matches {
  readonly keys: number[];
  readonly firsts: number[];
  readonly taken: number[];
}

const compactFrom = 1_024;
const takenFrom = 65_536;

/**
 * Finds the matches of each key, row by row in event order.
 *
 * - M1. A key's matches are found in the order of their first rows, as SQL says: from a row, the
 *   most preferred match of those that begin with it; then on from where `skip` says, or from the
 *   next row where there was none. Only after `to-next-row` do matches not depend on earlier ones,
 *   so there all rows are searched from at once, and a match does not wait for earlier rows.
 * - M2. What is kept of a key are its rows from the first one on that a match may still begin with.
 *   All else follows from them: after a restart they are searched anew, which finds nothing that
 *   was given out, as its first row is gone, or is in `matchedStarts`.
 * - M3. A row is gone for good, so the changelog needs to know only where a key's rows begin now.
 *
 * **State** see `KeptRows` and `TakenRows`; at most `rowsMax` rows
 */
export class Matcher {
  readonly #spec: PatternSpec;
  readonly #isEager: boolean;
  readonly #operatorId: string;
  readonly #rowsMax: number;
  readonly #rows: KeptRows;
  readonly #keys: PatternKeys;
  readonly #conditions: Conditions;
  readonly #search: Search;
  #matches: Matches = { keys: [], firsts: [], taken: [] };
  #due = new TimerHeap();
  #forgetTakenAt = takenFrom;
  #forgetKeysAt = compactFrom;
  /** By number of the key; those without rows are used again. */
  #open: (OpenKey | undefined)[] = [];
  /** By number of the key: 1 where it has rows, or will have with the rows at hand. */
  #isOpen: Uint8Array = new Uint8Array(0);
  /** How many keys have rows. */
  openCount: number = 0;
  /** Keys that have let go of saved rows. */
  moved: Set<number> = new Set();
  /**
   * After `to-next-row`: first rows of matches that were given out, among the rows, by their
   * number; with their key groups.
   */
  readonly matchedStarts: Map<number, number> = new Map();
  /** Of these, those that the changelog does not know. */
  freshStarts: Set<number> = new Set();
  /** How many deltas were taken. */
  deltas: number = 0;

  constructor(
    spec: PatternSpec,
    parts: {
      readonly rows: KeptRows;
      readonly keys: PatternKeys;
      readonly conditions: Conditions;
    },
    bound: { readonly operatorId: string; readonly rowsMax: number },
  ) {
    const { operatorId } = bound;
    this.#spec = spec;
    this.#isEager = spec.skip.kind === "to-next-row";
    this.#operatorId = operatorId;
    this.#rowsMax = bound.rowsMax;
    this.#rows = parts.rows;
    this.#keys = parts.keys;
    this.#conditions = parts.conditions;
    this.#search = new Search(spec, parts.conditions, parts.rows, operatorId);
  }

  /** Takes in rows in event order. */
  add(batch: RecordBatch): void {
    const keys = this.#keys.of(batch);
    const bits = this.#conditions.bitsOf(batch);
    const wanted = this.#wantedRows(keys, bits.conditions);
    const count = wanted.length;
    if (count === 0) return;
    this.#checkRoom(count);
    const rows = count === batch.numRows ? batch : takeRows(batch, wanted, count);
    const from = this.#rows.append(rows, {
      conditions: wanted.map((row) => bits.conditions[row] as number),
      unless: wanted.map((row) => bits.unless[row] as number),
    });
    const own = wanted.map((row) => keys[row] as number);
    for (const i of rowsByKey(own, this.#keys.size)) this.#addRow(own[i] as number, from + i);
  }

  /** Numbers of the keys with rows. */
  openKeys(): number[] {
    const keys: number[] = [];
    for (let key = 0; key < this.#open.length; key += 1) {
      const open = this.#open[key];
      if (open !== undefined && hasRows(open)) keys.push(key);
    }
    return keys;
  }

  /** The slot of the first row of a key; undefined where it has none. */
  firstSlotOf(key: number): number | undefined {
    const open = this.#open[key];
    return open === undefined ? undefined : open.slots[open.head];
  }

  /** Rows that a match may begin with, and those after them of the same keys. */
  #wantedRows(keys: Int32Array, conditions: Int32Array): Int32Array {
    this.#makeRoom();
    const isOpen = this.#isOpen;
    const wanted = new Int32Array(keys.length);
    let count = 0;
    for (let row = 0; row < keys.length; row += 1) {
      const key = keys[row] as number;
      if (isOpen[key] === 0) {
        if (!this.#search.mayStart(conditions[row] as number)) continue;
        isOpen[key] = 1;
      }
      wanted[count] = row;
      count += 1;
    }
    return wanted.subarray(0, count);
  }

  /** Room for what is known of each key. */
  #makeRoom(): void {
    const { size } = this.#keys;
    if (size <= this.#isOpen.length) return;
    const before = this.#isOpen;
    this.#isOpen = new Uint8Array(size * 2);
    this.#isOpen.set(before);
  }

  /** @throws MillraceError `RUN_STATE_TOO_LARGE` */
  #checkRoom(count: number): void {
    if (this.#rows.liveCount + count <= this.#rowsMax) return;
    const operatorId = this.#operatorId;
    const limit = `${this.#rowsMax} rows`;
    throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
  }

  /** Puts a row back that was kept before a restart. */
  restoreRow(key: number, slot: number): void {
    this.#makeRoom();
    this.#addRow(key, slot, -1);
  }

  #addRow(key: number, slot: number, delta: number = this.deltas): void {
    let open = this.#open[key];
    if (open === undefined) {
      open = openKey();
      this.#open[key] = open;
    }
    if (!hasRows(open)) {
      if (!this.#search.mayStart(this.#rows.conditions[slot] as number)) {
        this.#rows.drop(slot);
        return;
      }
      open.delta = delta;
      this.openCount += 1;
      this.#isOpen[key] = 1;
    }
    open.slots.push(slot);
    this.#look(key, open, -Infinity);
    if (this.#conditions.taken.size >= this.#forgetTakenAt) this.#forgetTaken();
  }

  /** Ends what no row at or after the watermark can go on with. */
  expire(watermark: number): void {
    while (this.#due.size > 0 && this.#due.at < watermark) {
      const { key } = this.#due;
      this.#due.pop();
      const open = this.#open[key];
      if (open === undefined) continue;
      open.dueAt = Infinity;
      if (hasRows(open)) this.#look(key, open, watermark);
    }
  }

  /** Searches as far as the rows of a key and the watermark allow. */
  #look(key: number, open: OpenKey, watermark: number): void {
    if (this.#isEager) this.#searchAll(key, open, watermark);
    else this.#searchFirst(key, open, watermark);
    if (!hasRows(open)) {
      emptyKey(open);
      this.openCount -= 1;
      this.#isOpen[key] = 0;
      return;
    }
    closeGap(open);
    const { until } = open.attempts[0] as Attempt;
    if (until >= open.dueAt) return;
    open.dueAt = until;
    this.#due.push(until, key);
  }

  /** One attempt at a time: where the next one begins depends on it. */
  #searchFirst(key: number, open: OpenKey, watermark: number): void {
    for (;;) {
      let attempt = open.attempts[0];
      if (attempt === undefined || attempt.ways.length === 0) {
        attempt = this.#beginNext(key, open);
        if (attempt === undefined) return;
      }
      while (attempt.ways.length > 0 && open.fed < open.slots.length) {
        const slot = open.slots[open.fed] as number;
        if ((this.#rows.times[slot] as number) > attempt.until) this.#search.end(attempt);
        else {
          this.#search.advance(attempt, slot);
          open.fed += 1;
        }
      }
      if (attempt.ways.length > 0) {
        if (watermark <= attempt.until) return;
        this.#search.end(attempt);
      }
      open.from = attempt.found < 0 ? attempt.start + 1 : this.#skipTo(open, attempt);
      if (attempt.found >= 0) this.#report(key, open, attempt);
    }
  }

  /** Begins at the next row that a match may begin with; undefined where there is none. */
  #beginNext(key: number, open: OpenKey): Attempt | undefined {
    const { slots } = open;
    const { conditions } = this.#rows;
    let { from } = open;
    while (from < slots.length) {
      if (this.#search.mayStart(conditions[slots[from] as number] as number)) break;
      from += 1;
    }
    open.from = from;
    this.#dropBefore(key, open, from);
    if (from === slots.length) return undefined;
    open.attempts[0] ??= { start: 0, until: 0, ways: [], found: -1 };
    this.#begin(open.attempts[0], open, from);
    open.fed = from + 1;
    return open.attempts[0];
  }

  #begin(attempt: Attempt, open: OpenKey, index: number): void {
    const slot = open.slots[index] as number;
    attempt.start = index;
    attempt.until = (this.#rows.times[slot] as number) + this.#spec.withinMs;
    this.#search.begin(attempt, slot);
  }

  /** Attempts from all rows at once: none depends on another one. */
  #searchAll(key: number, open: OpenKey, watermark: number): void {
    for (; open.fed < open.slots.length; open.fed += 1) {
      const slot = open.slots[open.fed] as number;
      const time = this.#rows.times[slot] as number;
      for (const attempt of open.attempts) {
        if (time > attempt.until) this.#search.end(attempt);
        else this.#search.advance(attempt, slot);
      }
      const isKnown = this.matchedStarts.has(this.#rows.sequence[slot] as number);
      const isStart = this.#search.mayStart(this.#rows.conditions[slot] as number);
      if (isStart && !isKnown) {
        const attempt: Attempt = { start: 0, until: 0, ways: [], found: -1 };
        this.#begin(attempt, open, open.fed);
        open.attempts.push(attempt);
      }
      if (open.attempts.some(({ ways }) => ways.length === 0)) this.#settle(key, open);
    }
    for (const attempt of open.attempts) {
      if (watermark > attempt.until) this.#search.end(attempt);
    }
    this.#settle(key, open);
    this.#dropBefore(key, open, open.attempts[0]?.start ?? open.slots.length);
  }

  /** Gives out what attempts without further ways have found. */
  #settle(key: number, open: OpenKey): void {
    let isFirst = true;
    for (const attempt of open.attempts) {
      if (attempt.ways.length > 0) isFirst = false;
      else if (attempt.found >= 0) {
        this.#report(key, open, attempt);
        if (isFirst) continue;
        const sequence = this.#rows.sequence[open.slots[attempt.start] as number] as number;
        this.matchedStarts.set(sequence, this.#keys.keyGroupOf(key));
        this.freshStarts.add(sequence);
      }
    }
    open.attempts = open.attempts.filter(({ ways }) => ways.length > 0);
  }

  #report(key: number, open: OpenKey, attempt: Attempt): void {
    this.#matches.keys.push(key);
    this.#matches.firsts.push(open.slots[attempt.start] as number);
    this.#matches.taken.push(attempt.found);
    attempt.found = -1;
  }

  /** Where the search goes on after a match. @throws MillraceError `RUN_PATTERN_LOOPS` */
  #skipTo(open: OpenKey, { start, found }: Attempt): number {
    const { skip, variables } = this.#spec;
    const { taken } = this.#conditions;
    if (skip.kind === "to-next-row") return start + 1;
    if (skip.kind === "past-last-row") return indexOfSlot(open, taken.slotOf(found)) + 1;
    const variable = variables.findIndex(({ name }) => name === skip.variable);
    const last = taken.lastOf(found, variable);
    const row = skip.kind === "to-last" ? last : taken.earlier(last, taken.countOf(last) - 1);
    const index = indexOfSlot(open, taken.slotOf(row));
    if (index > start) return index;
    const operatorId = this.#operatorId;
    const params = { operatorId, variable: skip.variable };
    throw millraceError("RUN_PATTERN_LOOPS", params, { where: { operatorId } });
  }

  #dropBefore(key: number, open: OpenKey, index: number): void {
    if (index <= open.head) return;
    for (; open.head < index; open.head += 1) {
      const slot = open.slots[open.head] as number;
      this.#rows.drop(slot);
      if (this.#isEager) {
        const sequence = this.#rows.sequence[slot] as number;
        this.matchedStarts.delete(sequence);
        this.freshStarts.delete(sequence);
      }
    }
    if (open.delta < this.deltas) this.moved.add(key);
  }

  /** The matches since the last call. */
  takeMatches(): Matches {
    const matches = this.#matches;
    this.#matches = { keys: [], firsts: [], taken: [] };
    return matches;
  }

  /** Makes room, after the matches were taken and given out. */
  forget(): void {
    const renumbered = this.#rows.compact();
    if (renumbered !== undefined) {
      this.#forgetTaken();
      this.#conditions.taken.moveSlots(renumbered);
      for (const open of this.#open) {
        if (open === undefined) continue;
        for (let i = open.head; i < open.slots.length; i += 1) {
          open.slots[i] = renumbered[open.slots[i] as number] as number;
        }
      }
    }
    if (this.#keys.size >= this.#forgetKeysAt) this.#forgetKeys();
  }

  /** Forgets taken rows that no way and no match needs. */
  #forgetTaken(): void {
    const { taken } = this.#conditions;
    const wanted = [...this.#matches.taken];
    const attempts: Attempt[] = [];
    for (const open of this.#open) if (open !== undefined) attempts.push(...open.attempts);
    for (const { ways, found } of attempts) {
      for (let i = 3; i < ways.length; i += wayWidth) wanted.push(ways[i] as number);
      wanted.push(found);
    }
    const renumbered = taken.keep(wanted);
    for (const attempt of attempts) {
      const { ways, found } = attempt;
      for (let i = 3; i < ways.length; i += wayWidth) {
        ways[i] = renumbered[ways[i] as number] as number;
      }
      if (found >= 0) attempt.found = renumbered[found] as number;
    }
    const matched = this.#matches.taken;
    for (const [i, last] of matched.entries()) matched[i] = renumbered[last] as number;
    this.#forgetTakenAt = Math.max(takenFrom, taken.size * 2);
  }

  #forgetKeys(): void {
    const kept = [...new Set([...this.openKeys(), ...this.moved])];
    const renumbered = this.#keys.keep(kept);
    const open: (OpenKey | undefined)[] = [];
    this.#due = new TimerHeap();
    for (const key of kept) {
      const one = this.#open[key];
      const number = renumbered[key] as number;
      open[number] = one;
      if (one !== undefined && one.dueAt < Infinity) this.#due.push(one.dueAt, number);
    }
    this.#open = open;
    this.#isOpen = mapToBytes(open, (one) => (one !== undefined && hasRows(one) ? 1 : 0));
    this.moved = new Set([...this.moved].map((key) => renumbered[key] as number));
    this.#forgetKeysAt = Math.max(compactFrom, kept.length * 2);
  }
}
