import { assert, type FieldType, limits, millraceError } from "@millrace/core";
import type { Data } from "apache-arrow";
import { BytesKey } from "./bytes-key.ts";
import { WordsKey } from "./words-key.ts";

/*
 * G1. A slot is two words: group + 1 (0 when free) and the group's hash. A group never leaves its
 *   table.
 * G2. Groups are dense: group g was the g-th different key to appear. Their keys stand in key
 *   columns.
 * G3. The slot of a hash comes from its upper bits after a multiplication: key groups fix `hash mod
 *   240`, so the lower bits of one key group's hashes are not spread.
 */

type Key = WordsKey | BytesKey;

/** Bounds and naming of a group table. */
export interface GroupTableOptions {
  /** Named in the error when the table is full. */
  readonly operatorId?: string;
  /** Groups at most; `limits.groupsMax` unless given. */
  readonly groupsMax?: number;
  /** Groups to make room for at once, which spares the table to grow there; more is no error. */
  readonly groupsExpected?: number | undefined;
}

const bytesKinds: ReadonlySet<string> = new Set(["utf8", "binary", "enum", "json"]);
const slotsMin = 16;
/** From so many words on, 1 MiB, the slots are read ahead of the keys. */
const slotWordsLarge = 1 << 18;
/** Rows whose slots are read ahead; what they find stays in the first-level cache. */
const guessedMax = 512;
const guesses = new Int32Array(guessedMax);

/**
 * Gives each different key a dense group index, from 0, in the order of first appearance.
 *
 * Null is a key of its own. Floats: −0 is 0, and NaN equals NaN. Keys are all but list, row and
 * map.
 *
 * **State** key bytes + about 28 bytes per group; bounded by `groupsMax`
 * **Cost**  O(1) per row, no allocation per row; a lookup of 10 k keys stays in the second-level
 * cache
 */
export class GroupTable {
  readonly #keys: readonly Key[];
  readonly #operatorId: string;
  readonly #groupsMax: number;
  #slots: Int32Array = new Int32Array(slotsMin * 2);
  #shift: number = 32 - Math.log2(slotsMin);
  #hashes: Int32Array = new Int32Array(0);
  #size = 0;

  constructor(keys: readonly FieldType[], options: GroupTableOptions = {}) {
    this.#keys = keys.map(({ name, type }) => {
      const isNested = type.kind === "list" || type.kind === "row" || type.kind === "map";
      assert(!isNested, `the key ${name} is not nested`);
      return bytesKinds.has(type.kind) ? new BytesKey(type) : new WordsKey(type);
    });
    this.#operatorId = options.operatorId ?? "group table";
    this.#groupsMax = options.groupsMax ?? limits.groupsMax;
    this.#expect(Math.min(options.groupsExpected ?? 0, this.#groupsMax));
  }

  #expect(groups: number): void {
    if (groups === 0) return;
    this.#reserve(groups);
    while (groups * 4 > this.#slots.length) this.#growSlots();
  }

  /** Groups so far. */
  get size(): number {
    return this.#size;
  }

  /** Bytes held, allocated ones included. */
  get sizeBytes(): number {
    let sum = this.#slots.byteLength + this.#hashes.byteLength;
    for (const key of this.#keys) sum += key.sizeBytes;
    return sum;
  }

  /** The key hash of a group, unsigned 32-bit. */
  hashOf(group: number): number {
    return this.#hashes[group]! >>> 0;
  }

  /**
   * Finds or makes the group of each row.
   *
   * @param hashes of `hashColumns` over the same columns, by row
   * @param rows which rows; the first `count` when undefined
   * @param into `into[i]` becomes the group of the i-th row
   * @throws MillraceError `RUN_STATE_TOO_LARGE` when there would be more than `groupsMax` groups
   */
  lookup(
    columns: readonly Data[],
    hashes: Uint32Array,
    rows: Int32Array | undefined,
    count: number,
    into: Int32Array,
  ): void {
    this.#load(columns);
    const only = this.#keys.length === 1 ? this.#keys[0]! : undefined;
    if (only !== undefined && only.isValid === undefined) {
      if (only instanceof BytesKey) this.#lookupText(only, hashes, rows, count, into);
      else if (only.stride === 2) this.#lookupPair(only, hashes, rows, count, into);
      else this.#lookupAny(hashes, rows, count, into);
    } else {
      this.#lookupAny(hashes, rows, count, into);
    }
    for (const key of this.#keys) key.unload();
  }

  #load(columns: readonly Data[]): void {
    assert(columns.length === this.#keys.length, "a lookup has one column per key");
    for (let i = 0; i < columns.length; i++) this.#keys[i]!.load(columns[i]!);
  }

  #lookupAny(
    hashes: Uint32Array,
    rows: Int32Array | undefined,
    count: number,
    into: Int32Array,
  ): void {
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!;
      const hash = hashes[row]! | 0;
      const found = this.#search(hash, row);
      into[i] = found >= 0 ? found : this.#insert(hash, row);
    }
  }

  #lookupPair(
    key: WordsKey,
    hashes: Uint32Array,
    rows: Int32Array | undefined,
    count: number,
    into: Int32Array,
  ): void {
    const { view, hasNull } = key;
    for (let from = 0; from < count; from += guessedMax) {
      const to = Math.min(from + guessedMax, count);
      const isGuessed = this.#slots.length >= slotWordsLarge;
      if (isGuessed) this.#guess(hashes, rows, from, to);
      for (let i = from; i < to; i++) {
        const row = rows === undefined ? i : rows[i]!;
        const low = view[row * 2]!;
        const high = view[row * 2 + 1]!;
        const { words } = key;
        if (isGuessed) {
          const guess = guesses[i - from]!;
          const isSame = guess >= 0 && words[guess * 2] === low && words[guess * 2 + 1] === high;
          if (isSame && !(hasNull && key.nulls[guess] === 1)) {
            into[i] = guess;
            continue;
          }
        }
        const hash = hashes[row]! | 0;
        const slots = this.#slots;
        const mask = slots.length - 1;
        let at = (Math.imul(hash, 0x9e3779b1) >>> this.#shift) << 1;
        let group = slots[at]! - 1;
        while (group >= 0) {
          if (
            slots[at + 1] === hash &&
            words[group * 2] === low &&
            words[group * 2 + 1] === high &&
            !(hasNull && key.nulls[group] === 1)
          ) {
            break;
          }
          at = (at + 2) & mask;
          group = slots[at]! - 1;
        }
        into[i] = group >= 0 ? group : this.#insert(hash, row);
      }
    }
  }

  /**
   * Reads the first slot of each row's hash: into `guesses` goes the group there, or −1 where it is
   * of another hash. Reads that do not wait for each other are what a table needs that is larger
   * than the caches.
   */
  #guess(hashes: Uint32Array, rows: Int32Array | undefined, from: number, to: number): void {
    const slots = this.#slots;
    const shift = this.#shift;
    for (let i = from; i < to; i++) {
      const hash = hashes[rows === undefined ? i : rows[i]!]! | 0;
      const at = (Math.imul(hash, 0x9e3779b1) >>> shift) << 1;
      guesses[i - from] = slots[at + 1] === hash ? slots[at]! - 1 : -1;
    }
  }

  #lookupText(
    key: BytesKey,
    hashes: Uint32Array,
    rows: Int32Array | undefined,
    count: number,
    into: Int32Array,
  ): void {
    const { hasNull } = key;
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!;
      const hash = hashes[row]! | 0;
      const slots = this.#slots;
      const mask = slots.length - 1;
      let at = (Math.imul(hash, 0x9e3779b1) >>> this.#shift) << 1;
      let group = slots[at]! - 1;
      while (group >= 0) {
        const isSame = slots[at + 1] === hash && key.isSameText(row, group);
        if (isSame && (!hasNull || key.nulls[group] === 0)) break;
        at = (at + 2) & mask;
        group = slots[at]! - 1;
      }
      into[i] = group >= 0 ? group : this.#insert(hash, row);
    }
  }

  /** The group of a row, −1 if there is none. */
  find(columns: readonly Data[], hashes: Uint32Array, row: number): number {
    this.#load(columns);
    return this.#search(hashes[row]! | 0, row);
  }

  #search(hash: number, row: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = (Math.imul(hash, 0x9e3779b1) >>> this.#shift) << 1;
    for (;;) {
      const group = slots[at]! - 1;
      if (group < 0) return -1;
      if (slots[at + 1] === hash && this.#isEqual(row, group)) return group;
      at = (at + 2) & mask;
    }
  }

  #isEqual(row: number, group: number): boolean {
    const keys = this.#keys;
    for (let i = 0; i < keys.length; i++) if (!keys[i]!.isEqual(row, group)) return false;
    return true;
  }

  #insert(hash: number, row: number): number {
    const group = this.#size;
    if (group >= this.#groupsMax) {
      throw millraceError("RUN_STATE_TOO_LARGE", {
        operatorId: this.#operatorId,
        limit: `${this.#groupsMax} groups`,
      });
    }
    if (group === this.#hashes.length) this.#reserve(Math.max(8, group * 2));
    if (group * 4 >= this.#slots.length) this.#growSlots();
    this.#hashes[group] = hash;
    for (const key of this.#keys) key.insert(row, group);
    this.#occupy(hash, group);
    this.#size = group + 1;
    return group;
  }

  #reserve(capacity: number): void {
    const hashes = new Int32Array(capacity);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    for (const key of this.#keys) key.reserve(capacity);
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    this.#shift -= 1;
    for (let group = 0; group < this.#size; group++) this.#occupy(this.#hashes[group]!, group);
  }

  #occupy(hash: number, group: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = (Math.imul(hash, 0x9e3779b1) >>> this.#shift) << 1;
    while (slots[at] !== 0) at = (at + 2) & mask;
    slots[at] = group + 1;
    slots[at + 1] = hash;
  }

  /** The keys of groups as columns, in the constructor's order. */
  keyColumns(groups: Int32Array, count: number): Data[] {
    return this.#keys.map((key) => key.take(groups, count));
  }
}
