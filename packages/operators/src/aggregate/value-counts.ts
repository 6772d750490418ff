import { GroupTable, hashColumns, int32Column } from "@millrace/columnar";
import { assert, type FieldType, limits, millraceError } from "@millrace/core";
import type { Data } from "apache-arrow";
import { Scratch } from "../scratch.ts";

const noInts = new Int32Array(0);
/** Below this, entries that count nothing are not worth a new table. */
const deadMin = 64;

/** Who a table of values belongs to, for its error. */
export interface ValueCountsOptions {
  readonly operatorId?: string;
  /** Different values of one group; `limits.valuesPerGroupMax` unless given. */
  readonly valuesPerGroupMax?: number;
}

/** Rows of a batch, and the group and the weight of each. */
export interface CountedRows {
  readonly rows: Int32Array;
  readonly groups: Int32Array;
  readonly count: number;
  readonly weights: Int32Array | undefined;
}

/**
 * How often each value stands in each group: the multisets of all groups of a window, exact, so
 * that what was added can be taken back. A value is one or more columns.
 *
 * A count may be below zero for a while: rows may be taken back before they are added. Only counts
 * above zero are values of the group.
 *
 * **State** key bytes and about 40 bytes per (group, value) that counts; values that count nothing
 * any more are forgotten when they outnumber the others
 * **Cost**  one look-up per row
 */
export class ValueCounts {
  readonly #fields: readonly FieldType[];
  readonly #options: ValueCountsOptions;
  readonly #scratch = new Scratch();
  #table: GroupTable;
  #counts = noInts;
  /** By entry, the entry of the same group before it; −1 is the end. */
  #next = noInts;
  #groupOf = noInts;
  /** By group, its youngest entry + 1. */
  #heads = noInts;
  /** By group, entries; and of those, the ones above zero. */
  #sizes = noInts;
  #present = noInts;
  #isChanged = new Uint8Array(0);
  #changed: number[] = [];
  #dead = 0;
  #hashed: readonly Data[] = [];
  #hashes: Uint32Array = new Uint32Array(0);

  constructor(values: readonly FieldType[], options: ValueCountsOptions = {}) {
    this.#fields = values;
    this.#options = options;
    this.#table = this.#newTable();
  }

  #newTable(): GroupTable {
    const group: FieldType = { name: "$group", type: { kind: "int32", nullable: false } };
    const { operatorId } = this.#options;
    return new GroupTable([group, ...this.#fields], operatorId === undefined ? {} : { operatorId });
  }

  /** Columns of a value. */
  get fields(): readonly FieldType[] {
    return this.#fields;
  }

  /** Entries, those that count nothing included. */
  get size(): number {
    return this.#table.size;
  }

  get sizeBytes(): number {
    const arrays = this.#counts.byteLength * 3 + this.#heads.byteLength * 3;
    return this.#table.sizeBytes + arrays + this.#isChanged.byteLength + this.#changed.length * 8;
  }

  /** Makes room for groups 0…count−1. */
  ensure(count: number): void {
    if (count <= this.#heads.length) return;
    const capacity = Math.max(16, count, this.#heads.length * 2);
    this.#heads = grown(this.#heads, capacity);
    this.#sizes = grown(this.#sizes, capacity);
    this.#present = grown(this.#present, capacity);
  }

  /** Different values of a group. */
  presentOf(group: number): number {
    return this.#present[group] ?? 0;
  }

  /** How often the value of an entry stands in its group; may be below zero. */
  countOf(entry: number): number {
    return this.#counts[entry] as number;
  }

  groupOf(entry: number): number {
    return this.#groupOf[entry] as number;
  }

  /**
   * Adds rows to the counts of their values.
   *
   * @param columns of the value, by row of the batch
   * @param visit is called for each row in turn: i, how often its value stood in its group before
   * and after, and the entry of the value
   * @throws MillraceError `RUN_STATE_TOO_LARGE` when a group has too many different values
   */
  add(
    columns: readonly Data[],
    input: CountedRows,
    visit?: (i: number, before: number, after: number, entry: number) => void,
  ): void {
    this.#compact();
    const { rows, groups, count, weights } = input;
    const entries = this.#entriesOf(columns, input);
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const entry = entries[i] as number;
      const before = this.#counts[entry] as number;
      const after = before + (weights === undefined ? 1 : (weights[row] as number));
      this.#set(entry, groups[i] as number, after);
      this.#mark(entry);
      visit?.(i, before, after, entry);
    }
  }

  /** Sets the count of an entry, for values that a group gives up. */
  change(entry: number, count: number): void {
    if (this.#counts[entry] === count) return;
    this.#set(entry, this.#groupOf[entry] as number, count);
    this.#mark(entry);
  }

  #set(entry: number, group: number, after: number): void {
    assert(Math.abs(after) <= 0x7fff_ffff, "a value is counted at most 2^31 − 1 times");
    const before = this.#counts[entry] as number;
    this.#counts[entry] = after;
    const presence = Number(after > 0) - Number(before > 0);
    this.#present[group] = (this.#present[group] as number) + presence;
    this.#dead += Number(after === 0) - Number(before === 0);
  }

  /** The entry of each row, made with count 0 where it is new. */
  #entriesOf(columns: readonly Data[], input: CountedRows): Int32Array {
    const { rows, groups, count } = input;
    const length = columns[0]?.length ?? 0;
    this.#hash(columns, length);
    const groupOfRow = this.#scratch.ints(1, length);
    const combined = this.#scratch.words(length);
    const entries = this.#scratch.ints(0, count);
    // A row may stand in several groups, but one look-up takes each row once.
    let from = 0;
    while (from < count) {
      let to = from;
      let last = -1;
      while (to < count && (rows[to] as number) > last) {
        const row = rows[to] as number;
        last = row;
        const group = groups[to] as number;
        groupOfRow[row] = group;
        const hash = (this.#hashes[row] as number) ^ Math.imul(group, 0x9e3779b1);
        combined[row] = Math.imul(hash, 0x85ebca6b);
        to += 1;
      }
      const keys = [int32Column(groupOfRow, length), ...columns];
      this.#table.lookup(
        keys,
        combined,
        rows.subarray(from, to),
        to - from,
        entries.subarray(from),
      );
      this.#link(entries, groups, from, to);
      from = to;
    }
    return entries;
  }

  #hash(columns: readonly Data[], length: number): void {
    const isSame =
      columns.length === this.#hashed.length && columns.every((c, i) => c === this.#hashed[i]);
    if (isSame) return;
    this.#hashed = columns;
    this.#hashes = hashColumns(columns, length);
  }

  /** Takes new entries into the chains of their groups. */
  #link(entries: Int32Array, groups: Int32Array, from: number, to: number): void {
    if (this.#counts.length < this.#table.size) {
      const capacity = Math.max(16, this.#table.size, this.#counts.length * 2);
      this.#next = grown(this.#next, capacity);
      this.#groupOf = grown(this.#groupOf, capacity).fill(-1, this.#groupOf.length);
      this.#counts = grown(this.#counts, capacity);
      const flags = new Uint8Array(capacity);
      flags.set(this.#isChanged);
      this.#isChanged = flags;
    }
    for (let i = from; i < to; i += 1) {
      const entry = entries[i] as number;
      if (this.#groupOf[entry] !== -1) continue;
      const group = groups[i] as number;
      this.#groupOf[entry] = group;
      this.#next[entry] = (this.#heads[group] as number) - 1;
      this.#heads[group] = entry + 1;
      this.#sizes[group] = (this.#sizes[group] as number) + 1;
      this.#dead += 1;
      this.#checkBound(group);
    }
  }

  #checkBound(group: number): void {
    const max = this.#options.valuesPerGroupMax ?? limits.valuesPerGroupMax;
    if ((this.#sizes[group] as number) <= max) return;
    const operatorId = this.#options.operatorId ?? "value counts";
    const limit = `${max} different values in one group`;
    throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
  }

  #mark(entry: number): void {
    if (this.#isChanged[entry] === 1) return;
    this.#isChanged[entry] = 1;
    this.#changed.push(entry);
  }

  /**
   * Takes in another one's counts: its group i goes to group `groups[i]`; −1 leaves a group out.
   */
  merge(other: ValueCounts, groups: Int32Array, count: number): void {
    const entries: number[] = [];
    const targets: number[] = [];
    for (let entry = 0; entry < other.size; entry += 1) {
      const group = other.groupOf(entry);
      if (group >= count || (groups[group] as number) < 0 || other.countOf(entry) === 0) continue;
      entries.push(entry);
      targets.push(groups[group] as number);
    }
    const from = Int32Array.from(entries);
    const rows = Scratch.identity(from.length);
    const weights = from.map((entry) => other.countOf(entry));
    const columns = other.columns(from, from.length);
    if (from.length === 0) return;
    const to = Int32Array.from(targets);
    this.add(columns, { rows, groups: to, count: from.length, weights });
  }

  /** Entries of a group that count above zero, youngest first. */
  entriesOf(group: number, into: number[] = []): number[] {
    let entry = (this.#heads[group] ?? 0) - 1;
    while (entry >= 0) {
      if ((this.#counts[entry] as number) > 0) into.push(entry);
      entry = this.#next[entry] as number;
    }
    return into;
  }

  /** The values of entries, one column per field. */
  columns(entries: Int32Array, count: number): Data[] {
    return this.#table.keyColumns(entries, count).slice(1);
  }

  /** Entries changed since the last call, and marks them as unchanged. */
  takeChanged(): Int32Array {
    const changed = Int32Array.from(this.#changed);
    for (const entry of this.#changed) this.#isChanged[entry] = 0;
    this.#changed = [];
    return changed;
  }

  /** Entries that count. */
  all(): Int32Array {
    const found: number[] = [];
    for (let entry = 0; entry < this.size; entry += 1) {
      if (this.#counts[entry] !== 0) found.push(entry);
    }
    return Int32Array.from(found);
  }

  /** Sets (not adds) the counts of saved values; they do not count as changed. */
  restore(columns: readonly Data[], counts: Int32Array, groups: Int32Array, count: number): void {
    if (count === 0) return;
    const rows = Scratch.identity(count);
    const entries = this.#entriesOf(columns, { rows, groups, count, weights: undefined });
    for (let i = 0; i < count; i += 1) {
      this.#set(entries[i] as number, groups[i] as number, counts[i] as number);
    }
  }

  /** Forgets what counts nothing, once it is the greater part and the changelog knows of it. */
  #compact(): void {
    const isDue = this.#dead > deadMin && this.#dead * 2 > this.size && this.#changed.length === 0;
    if (!isDue) return;
    const entries = this.all();
    const count = entries.length;
    const columns = this.columns(entries, count);
    const counts = entries.map((entry) => this.countOf(entry));
    const groups = entries.map((entry) => this.groupOf(entry));
    this.#table = this.#newTable();
    this.#counts = noInts;
    this.#next = noInts;
    this.#groupOf = noInts;
    this.#isChanged = new Uint8Array(0);
    this.#heads.fill(0);
    this.#sizes.fill(0);
    this.#present.fill(0);
    this.#dead = 0;
    this.restore(columns, counts, groups, count);
  }
}

function grown(values: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const made = new Int32Array(capacity);
  made.set(values);
  return made;
}
