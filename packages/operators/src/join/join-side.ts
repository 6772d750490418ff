import {
  batchSchema,
  columnOf,
  concatBatches,
  int32Column,
  int64Column,
  makeBatch,
  takeRows,
} from "@millrace/columnar";
import {
  type FieldType,
  hiddenColumns,
  keyGroupColumn,
  limits,
  type StateTable,
} from "@millrace/core";
import { type RecordBatch, Schema } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import type { JoinKeys } from "./join-keys.ts";
import type { JoinMatches } from "./join-matches.ts";

const sequenceColumn = "$sequence";
const stateFields: readonly FieldType[] = [
  { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
  { name: sequenceColumn, type: { kind: "int64", as: "number", nullable: false } },
];
/** Parts of fewer rows are put together, so that there are few. */
const partRows = 8_192;
const compactFrom = 1_024;
/** Times and numbers of 8 bytes, keys and chains of 4, and two flags. */
const slotBytes = 26;

/** Rows in consecutive slots. */
interface Part {
  readonly batch: RecordBatch;
  readonly start: number;
  /** The least watermark bound of its rows that are kept. */
  nextExpiry: number;
}

/** Rows of one part, with the place of each among the slots that were asked for. */
export interface SlotRows {
  readonly batch: RecordBatch;
  readonly rows: Int32Array;
  readonly places: Int32Array;
}

/** Arrays by slot. */
interface Slots {
  readonly times: Float64Array;
  readonly sequence: Float64Array;
  readonly keys: Int32Array;
  /** The slot before of the same key, or −1. */
  readonly next: Int32Array;
  readonly isMatched: Uint8Array;
  readonly isExpired: Uint8Array;
}

/**
 * The rows of one side of a join that may still find a partner, chained by key, and their state
 * table: `{$keyGroup, $sequence, columns of the rows…}`.
 *
 * A row expires when the watermark is after its time plus `spanMs`. Expired rows leave memory when
 * they are more than the others, so that each costs O(1), and need no deletion record: `restored`
 * drops them by the same rule.
 */
export class JoinSide implements StateTable {
  readonly name: string;
  readonly #spanMs: number;
  readonly #joinKeys: JoinKeys;
  readonly #onRestored: (watermark: number) => void;
  #parts: Part[] = [];
  #slots: Slots = slotsOf(0);
  #count = 0;
  #expired = 0;
  /** The last slot of each key, or −1. */
  #head = new Int32Array(0);
  #nextSequence = 0;
  #deltaFrom = 0;
  #restoring: { readonly batch: RecordBatch; readonly sequence: Float64Array }[] = [];
  #restoredRows = new Set<number>();
  #stateSchema: { readonly rows: Schema; readonly state: Schema } | undefined;

  constructor(
    name: string,
    spanMs: number,
    joinKeys: JoinKeys,
    onRestored: (watermark: number) => void,
  ) {
    this.#onRestored = onRestored;
    this.name = name;
    this.#spanMs = spanMs;
    this.#joinKeys = joinKeys;
  }

  /** Whether a row of that time can no longer find a partner. */
  isExpired(time: number, watermark: number): boolean {
    return time + this.#spanMs < watermark;
  }

  /** Adds rows with the numbers of their keys; the batch is kept. @returns the first row's slot */
  add(batch: RecordBatch, keys: Int32Array): number {
    const slot = this.#count;
    const from = this.#nextSequence;
    const sequence = Float64Array.from({ length: batch.numRows }, (_, i) => from + i);
    this.#nextSequence += batch.numRows;
    this.#append(batch, keys, sequence, undefined);
    return slot;
  }

  #append(
    batch: RecordBatch,
    keys: Int32Array,
    sequence: Float64Array,
    isMatched: Uint8Array | undefined,
  ): void {
    const { numRows } = batch;
    if (numRows === 0) return;
    this.#ensure(numRows);
    const slots = this.#slots;
    const start = this.#count;
    const times = readNumbers(columnOf(batch, hiddenColumns.time));
    let nextExpiry = Infinity;
    for (let row = 0; row < numRows; row += 1) {
      const slot = start + row;
      const key = keys[row] as number;
      const time = times[row] as number;
      slots.times[slot] = time;
      slots.keys[slot] = key;
      slots.sequence[slot] = sequence[row] as number;
      slots.next[slot] = this.#head[key] as number;
      slots.isMatched[slot] = isMatched?.[row] ?? 0;
      slots.isExpired[slot] = 0;
      this.#head[key] = slot;
      nextExpiry = Math.min(nextExpiry, time + this.#spanMs);
    }
    this.#count += numRows;
    this.#parts.push({ batch, start, nextExpiry });
    this.#mergeParts();
  }

  #ensure(added: number): void {
    if (this.#head.length < this.#joinKeys.size) {
      const head = new Int32Array(Math.max(this.#joinKeys.size, this.#head.length * 2)).fill(-1);
      head.set(this.#head);
      this.#head = head;
    }
    const needed = this.#count + added;
    if (needed <= this.#slots.times.length) return;
    const slots = slotsOf(Math.max(needed, this.#slots.times.length * 2));
    for (const name of Object.keys(slots) as (keyof Slots)[]) slots[name].set(this.#slots[name]);
    this.#slots = slots;
  }

  /** Small parts grow like a binary counter: each row is copied O(log) times. */
  #mergeParts(): void {
    for (;;) {
      const [before, last] = this.#parts.slice(-2);
      if (before === undefined || last === undefined) return;
      if (before.batch.numRows > Math.min(last.batch.numRows, partRows)) return;
      const batch = concatBatches([before.batch, last.batch]);
      const nextExpiry = Math.min(before.nextExpiry, last.nextExpiry);
      this.#parts.splice(-2, 2, { batch, start: before.start, nextExpiry });
    }
  }

  /**
   * Finds the rows with the same keys whose time is within `[lower, upper]` of each row's.
   *
   * Expired rows need no check: their times are out of bounds for any row that is not late.
   */
  match(
    keys: Int32Array,
    times: Float64Array,
    bounds: { readonly lower: number; readonly upper: number },
    into: JoinMatches,
  ): void {
    const { times: slotTimes, next } = this.#slots;
    const { lower, upper } = bounds;
    const head = this.#head;
    into.count = 0;
    for (let row = 0; row < keys.length; row += 1) {
      const key = keys[row] as number;
      if (key >= head.length) continue;
      const from = (times[row] as number) + lower;
      const to = (times[row] as number) + upper;
      for (let slot = head[key] as number; slot >= 0; slot = next[slot] as number) {
        const time = slotTimes[slot] as number;
        if (time < from || time > to) continue;
        if (into.count === into.rows.length) into.grow();
        into.rows[into.count] = row;
        into.slots[into.count] = slot;
        into.count += 1;
      }
    }
  }

  /** Remembers that a row has a partner. @returns whether it had none before */
  mark(slot: number): boolean {
    if (this.#slots.isMatched[slot] === 1) return false;
    this.#slots.isMatched[slot] = 1;
    return true;
  }

  /** Marks the rows of which the changelog says so. */
  markWhere(isMatched: (id: { keyGroup: number; sequence: number }) => boolean): void {
    for (let slot = 0; slot < this.#count; slot += 1) {
      if (isMatched(this.identityOf(slot))) this.#slots.isMatched[slot] = 1;
    }
  }

  /** What names a row in the changelog. */
  identityOf(slot: number): { readonly keyGroup: number; readonly sequence: number } {
    const keyGroup = this.#joinKeys.keyGroupOf(this.#slots.keys[slot] as number);
    return { keyGroup, sequence: this.#slots.sequence[slot] as number };
  }

  /** Slots of rows that are kept and have a partner. */
  matchedSlots(): number[] {
    const { isMatched, isExpired } = this.#slots;
    return this.#slotsWhere((slot) => isMatched[slot] === 1 && isExpired[slot] === 0);
  }

  /** The rows in some slots, part by part. */
  rowsAt(slots: Int32Array, count: number): SlotRows[] {
    const [only] = this.#parts;
    if (only !== undefined && this.#parts.length === 1) {
      const places = Int32Array.from({ length: count }, (_, i) => i);
      return [{ batch: only.batch, rows: slots.subarray(0, count), places }];
    }
    const partOf = new Int32Array(count);
    const sizes = new Int32Array(this.#parts.length);
    for (let i = 0; i < count; i += 1) {
      const part = this.#partOf(slots[i] as number);
      partOf[i] = part;
      sizes[part] = (sizes[part] as number) + 1;
    }
    const found = this.#parts.map(({ batch }, part) => ({
      batch,
      rows: new Int32Array(sizes[part] as number),
      places: new Int32Array(sizes[part] as number),
    }));
    sizes.fill(0);
    for (let i = 0; i < count; i += 1) {
      const part = partOf[i] as number;
      const at = sizes[part] as number;
      const to = found[part] as SlotRows;
      sizes[part] = at + 1;
      to.rows[at] = (slots[i] as number) - (this.#parts[part] as Part).start;
      to.places[at] = i;
    }
    return found.filter(({ rows }) => rows.length > 0);
  }

  #partOf(slot: number): number {
    let low = 0;
    let high = this.#parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#parts[middle] as Part).start <= slot) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Expires rows. @returns the slots of those that had no partner, valid until `compact` */
  expire(watermark: number): Int32Array {
    const alone: number[] = [];
    const { times, isExpired, isMatched } = this.#slots;
    for (const part of this.#parts) {
      if (part.nextExpiry >= watermark) continue;
      let nextExpiry = Infinity;
      for (let slot = part.start; slot < part.start + part.batch.numRows; slot += 1) {
        if (isExpired[slot] === 1) continue;
        const expiry = (times[slot] as number) + this.#spanMs;
        if (expiry < watermark) {
          isExpired[slot] = 1;
          this.#expired += 1;
          if (isMatched[slot] === 0) alone.push(slot);
        } else if (expiry < nextExpiry) nextExpiry = expiry;
      }
      part.nextExpiry = nextExpiry;
    }
    return Int32Array.from(alone);
  }

  /** Frees expired rows, when they are more than the others. */
  compact(): void {
    const kept = this.#count - this.#expired;
    if (this.#expired >= compactFrom && this.#expired > kept) this.#rebuild();
  }

  /** Frees expired rows and looks up the keys of the others again. */
  renumber(): void {
    this.#rebuild();
  }

  #rebuild(): void {
    const { isExpired, isMatched, sequence } = this.#slots;
    const slots = Int32Array.from(this.#slotsWhere((slot) => isExpired[slot] === 0));
    const batches = this.rowsAt(slots, slots.length).map(({ batch, rows }) =>
      takeRows(batch, rows, rows.length),
    );
    const keptSequence = Float64Array.from(slots, (slot) => sequence[slot] as number);
    const keptMatched = Uint8Array.from(slots, (slot) => isMatched[slot] as number);
    this.#parts = [];
    this.#slots = slotsOf(0);
    this.#count = 0;
    this.#expired = 0;
    this.#head = new Int32Array(0);
    if (slots.length === 0) return;
    const batch = batches.length === 1 ? (batches[0] as RecordBatch) : concatBatches(batches);
    this.#append(batch, this.#joinKeys.of(batch), keptSequence, keptMatched);
  }

  #slotsWhere(isWanted: (slot: number) => boolean, from = 0): number[] {
    const slots: number[] = [];
    for (let slot = from; slot < this.#count; slot += 1) if (isWanted(slot)) slots.push(slot);
    return slots;
  }

  takeDelta(): readonly RecordBatch[] {
    const { sequence, isExpired } = this.#slots;
    const since = this.#deltaFrom;
    let from = this.#count;
    while (from > 0 && (sequence[from - 1] as number) >= since) from -= 1;
    this.#deltaFrom = this.#nextSequence;
    return this.#stateRows(this.#slotsWhere((slot) => isExpired[slot] === 0, from));
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const { isExpired } = this.#slots;
    const isWanted = (slot: number): boolean => {
      if (isExpired[slot] === 1) return false;
      const { keyGroup } = this.identityOf(slot);
      return keyGroup >= from && keyGroup < to;
    };
    return this.#stateRows(this.#slotsWhere(isWanted));
  }

  #stateRows(slots: readonly number[]): RecordBatch[] {
    if (slots.length === 0) return [];
    const ids = slots.map((slot) => this.identityOf(slot));
    return this.rowsAt(Int32Array.from(slots), slots.length).map(({ batch, rows, places }) => {
      const keyGroups = Int32Array.from(places, (place) => ids[place]?.keyGroup ?? 0);
      const sequence = Float64Array.from(places, (place) => ids[place]?.sequence ?? 0);
      const count = rows.length;
      const taken = takeRows(batch, rows, count);
      const columns = [int32Column(keyGroups, count), int64Column(sequence, count)];
      const schema = this.#schemaOf(taken.schema);
      return makeBatch(schema, [...columns, ...taken.data.children], count);
    });
  }

  #schemaOf(rows: Schema): Schema {
    if (this.#stateSchema?.rows !== rows) {
      const state = new Schema([...batchSchema(stateFields).fields, ...rows.fields]);
      this.#stateSchema = { rows, state };
    }
    return this.#stateSchema.state;
  }

  restore(rows: RecordBatch): void {
    const keyGroups = readNumbers(columnOf(rows, keyGroupColumn));
    const sequence = readNumbers(columnOf(rows, sequenceColumn));
    const fresh: number[] = [];
    for (let row = 0; row < rows.numRows; row += 1) {
      const number = sequence[row] as number;
      this.skipSequence(number);
      const identity = number * limits.keyGroups + (keyGroups[row] as number);
      if (this.#restoredRows.has(identity)) continue;
      this.#restoredRows.add(identity);
      fresh.push(row);
    }
    if (fresh.length === 0) return;
    const schema = new Schema(rows.schema.fields.slice(stateFields.length));
    const batch = makeBatch(schema, rows.data.children.slice(stateFields.length), rows.numRows);
    this.#restoring.push({
      batch: takeRows(batch, Int32Array.from(fresh), fresh.length),
      sequence: Float64Array.from(fresh, (row) => sequence[row] as number),
    });
  }

  /** Rows that come from now on have greater numbers. */
  skipSequence(sequence: number): void {
    this.#nextSequence = Math.max(this.#nextSequence, sequence + 1);
    this.#deltaFrom = this.#nextSequence;
  }

  restored(watermark: number): void {
    this.#onRestored(watermark);
    const restoring = this.#restoring;
    this.#restoring = [];
    this.#restoredRows = new Set();
    if (restoring.length === 0) return;
    const batch = concatBatches(restoring.map((part) => part.batch));
    const sequence = Float64Array.from(restoring.flatMap((part) => [...part.sequence]));
    const times = readNumbers(columnOf(batch, hiddenColumns.time));
    const kept = [...times.subarray(0, batch.numRows).keys()]
      .filter((row) => !this.isExpired(times[row] as number, watermark))
      .sort((a, b) => (sequence[a] as number) - (sequence[b] as number));
    const rows = takeRows(batch, Int32Array.from(kept), kept.length);
    const numbers = Float64Array.from(kept, (row) => sequence[row] as number);
    this.#append(rows, this.#joinKeys.of(rows), numbers, undefined);
  }

  get rowCount(): number {
    return this.#count - this.#expired;
  }

  get sizeBytes(): number {
    const rows = this.#parts.reduce((sum, { batch }) => sum + batch.data.byteLength, 0);
    return rows + this.#slots.times.length * slotBytes + this.#head.byteLength;
  }
}

function slotsOf(size: number): Slots {
  return {
    times: new Float64Array(size),
    sequence: new Float64Array(size),
    keys: new Int32Array(size),
    next: new Int32Array(size),
    isMatched: new Uint8Array(size),
    isExpired: new Uint8Array(size),
  };
}
