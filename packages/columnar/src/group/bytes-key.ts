import { assert, type DataType, toArrowType } from "@millrace/core";
import { type Data, type DataType as ArrowType, Type } from "apache-arrow";
import { packValidity, validityOf } from "../column/bitmap.ts";
import { newColumn } from "../column/new-column.ts";
import { decodeDictionary } from "../column/take-column.ts";

const noBytes = new Uint8Array(0);
const arenaBytesMax = 2 ** 31 - 1;

/** One utf8 or binary key column of a group table: bytes of all groups, one after the other. */
export class BytesKey {
  arena: Uint8Array = new Uint8Array(256);
  /** Start of group g's bytes; its end is the start of group g + 1. */
  ends: Int32Array = new Int32Array(1);
  nulls: Uint8Array = new Uint8Array(0);
  /** Whether some group's key is null; if not, `nulls` need not be read. */
  hasNull = false;
  bytes: Uint8Array = noBytes;
  offsets: Int32Array = new Int32Array(1);
  isValid: Uint8Array | undefined;
  #loaded: Data | undefined;
  readonly #type: ArrowType;

  constructor(type: DataType) {
    this.#type = toArrowType(type);
  }

  load(column: Data): void {
    if (column === this.#loaded) return;
    const data = decodeDictionary(column);
    const isBytes = data.typeId === Type.Utf8 || data.typeId === Type.Binary;
    assert(isBytes, "a text or binary key column holds bytes");
    this.bytes = data.values as Uint8Array;
    this.offsets = data.valueOffsets as Int32Array;
    this.isValid = validityOf(data);
    this.#loaded = column;
  }

  unload(): void {
    this.#loaded = undefined;
    this.isValid = undefined;
    this.bytes = noBytes;
  }

  reserve(capacity: number): void {
    const ends = new Int32Array(capacity + 1);
    ends.set(this.ends);
    this.ends = ends;
    const nulls = new Uint8Array(capacity);
    nulls.set(this.nulls);
    this.nulls = nulls;
  }

  isEqual(row: number, group: number): boolean {
    const isNull = this.isValid !== undefined && this.isValid[row] === 0;
    if (isNull || this.nulls[group] === 1) return isNull && this.nulls[group] === 1;
    return this.isSameText(row, group);
  }

  /** Whether the bytes are the same; nulls are not looked at. */
  isSameText(row: number, group: number): boolean {
    const { bytes, arena, offsets, ends } = this;
    const from = offsets[row]!;
    const length = offsets[row + 1]! - from;
    const start = ends[group]!;
    if (ends[group + 1]! - start !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== arena[start + i]) return false;
    return true;
  }

  insert(row: number, group: number): void {
    const start = this.ends[group]!;
    if (this.isValid !== undefined && this.isValid[row] === 0) {
      this.nulls[group] = 1;
      this.hasNull = true;
      this.ends[group + 1] = start;
      return;
    }
    const from = this.offsets[row]!;
    const to = this.offsets[row + 1]!;
    const end = start + to - from;
    if (end > this.arena.length) this.#growArena(end);
    for (let at = from, into = start; at < to; at++, into++) this.arena[into] = this.bytes[at]!;
    this.ends[group + 1] = end;
  }

  #growArena(size: number): void {
    assert(size <= arenaBytesMax, "the keys of one group table fit in 2 GiB");
    const arena = new Uint8Array(Math.min(arenaBytesMax, Math.max(size, this.arena.length * 2)));
    arena.set(this.arena);
    this.arena = arena;
  }

  take(groups: Int32Array, count: number): Data {
    const valueOffsets = new Int32Array(count + 1);
    const isValid = new Uint8Array(count);
    let end = 0;
    for (let i = 0; i < count; i++) {
      const group = groups[i]!;
      isValid[i] = this.nulls[group] === 1 ? 0 : 1;
      end += this.ends[group + 1]! - this.ends[group]!;
      valueOffsets[i + 1] = end;
    }
    const values = new Uint8Array(end);
    for (let i = 0, to = 0; i < count; i++) {
      const stop = this.ends[groups[i]! + 1]!;
      for (let at = this.ends[groups[i]!]!; at < stop; at++) values[to++] = this.arena[at]!;
    }
    const nullBitmap = packValidity(isValid, count);
    return newColumn(this.#type, count, { values, valueOffsets, nullBitmap });
  }

  get sizeBytes(): number {
    return this.arena.byteLength + this.ends.byteLength + this.nulls.byteLength;
  }
}
