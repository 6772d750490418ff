import { assert } from "@millrace/core";
import { type Data, type DataType as ArrowType, Type } from "apache-arrow";
import { bitmapBytes, nullBitmapOf } from "./bitmap.ts";
import { constantColumn } from "./concat-columns.ts";
import { newColumn } from "./new-column.ts";
import { decodeDictionary } from "./take-column.ts";

type FixedArray = Float64Array | BigInt64Array;

const bytesMax = 2_147_483_647;

/** Room that grows by doubling, so that each value is copied O(1) times. */
function withRoom<Kept extends FixedArray | Int32Array | Uint8Array>(
  kept: Kept,
  used: number,
  needed: number,
): Kept {
  if (needed <= kept.length) return kept;
  const room = new (kept.constructor as new (length: number) => Kept)(
    Math.max(64, needed, kept.length * 2),
  );
  room.set(kept.subarray(0, used) as never);
  return room;
}

/** Bits, least significant first, that grow at their end. */
class GrowingBits {
  bits: Uint8Array = new Uint8Array(0);

  /** Appends bits after the first `to`; absent bits are ones. */
  append(to: number, bits: Uint8Array | undefined, offset: number, count: number): void {
    this.bits = withRoom(this.bits, bitmapBytes(to), bitmapBytes(to + count));
    const into = this.bits;
    for (let row = 0; row < count; row++) {
      const from = offset + row;
      const bit = bits === undefined ? 1 : (bits[from >> 3]! >> (from & 7)) & 1;
      const at = to + row;
      if (bit === 1) into[at >> 3]! |= 1 << (at & 7);
      else into[at >> 3]! &= ~(1 << (at & 7));
    }
  }
}

/**
 * A column that grows at its end.
 *
 * **State** the values, with room for up to as many again; text, binary and list items up to 2 GiB
 * **Cost**  each value is copied O(1) times
 */
export class GrowingColumn {
  readonly #type: ArrowType;
  readonly #children: readonly GrowingColumn[];
  #length = 0;
  /** Of text: the bytes. */
  #values: FixedArray | Uint8Array;
  #offsets: Int32Array = new Int32Array(1);
  readonly #bits = new GrowingBits();
  /** Absent while nothing is null. */
  #validity: GrowingBits | undefined;

  constructor(type: ArrowType) {
    const empty = constantColumn(type, 0, false);
    this.#type = type;
    this.#values = (empty.values as FixedArray | undefined) ?? new Uint8Array(0);
    this.#children = empty.children.map((child) => new GrowingColumn(child.type as ArrowType));
  }

  get length(): number {
    return this.#length;
  }

  get sizeBytes(): number {
    const own = this.#values.byteLength + this.#offsets.byteLength + this.#bits.bits.byteLength;
    const validity = this.#validity?.bits.byteLength ?? 0;
    return this.#children.reduce((sum, child) => sum + child.sizeBytes, own + validity);
  }

  /** Appends all values of a column of the same type; a dictionary is decoded. */
  append(column: Data): void {
    const data = decodeDictionary(column);
    const count = data.length;
    this.#appendValidity(nullBitmapOf(data), data.offset, count);
    switch (data.typeId) {
      case Type.Null:
        break;
      case Type.Bool:
        this.#bits.append(this.#length, data.values as Uint8Array, data.offset, count);
        break;
      case Type.Utf8:
      case Type.Binary: {
        const { from, to, end } = this.#appendOffsets(data);
        this.#values = withRoom(this.#values as Uint8Array, end, end + to - from);
        this.#values.set((data.values as Uint8Array).subarray(from, to), end);
        break;
      }
      case Type.List:
      case Type.Map: {
        const { from, to } = this.#appendOffsets(data);
        this.#children[0]!.append(data.children[0]!.slice(from, to - from));
        break;
      }
      case Type.Struct:
        for (const [i, child] of data.children.entries()) this.#children[i]!.append(child);
        break;
      default:
        this.#appendFixed(data);
    }
    this.#length += count;
  }

  #appendFixed(data: Data): void {
    const stride = data.stride;
    const used = this.#length * stride;
    const added = (data.values as FixedArray).subarray(0, data.length * stride);
    this.#values = withRoom(this.#values as FixedArray, used, used + added.length);
    this.#values.set(added as never, used);
  }

  /** @returns the range of items that the column holds, and where they go */
  #appendOffsets(data: Data): { from: number; to: number; end: number } {
    const offsets = data.valueOffsets as Int32Array;
    const from = offsets[0] ?? 0;
    const to = offsets[data.length] ?? from;
    const end = this.#offsets[this.#length]!;
    assert(end + to - from <= bytesMax, "a growing column holds at most 2 GiB of items");
    this.#offsets = withRoom(this.#offsets, this.#length + 1, this.#length + data.length + 1);
    const own = this.#offsets;
    const shift = end - from;
    for (let i = 1; i <= data.length; i++) own[this.#length + i] = offsets[i]! + shift;
    return { from, to, end };
  }

  #appendValidity(bitmap: Uint8Array | undefined, offset: number, count: number): void {
    if (this.#validity === undefined) {
      if (bitmap === undefined) return;
      this.#validity = new GrowingBits();
      this.#validity.append(0, undefined, 0, this.#length);
    }
    this.#validity.append(this.#length, bitmap, offset, count);
  }

  /** All values so far. A view: values appended later do not show in it. */
  column(): Data {
    const length = this.#length;
    const nullBitmap = this.#validity?.bits;
    switch (this.#type.typeId) {
      case Type.Null:
        return newColumn(this.#type, length, {});
      case Type.Bool:
        return newColumn(this.#type, length, { values: this.#bits.bits, nullBitmap });
      case Type.Utf8:
      case Type.Binary: {
        const valueOffsets = this.#offsets.subarray(0, length + 1);
        return newColumn(this.#type, length, { values: this.#values, valueOffsets, nullBitmap });
      }
      case Type.List:
      case Type.Map: {
        const valueOffsets = this.#offsets.subarray(0, length + 1);
        const children = this.#children.map((child) => child.column());
        return newColumn(this.#type, length, { valueOffsets, children, nullBitmap });
      }
      case Type.Struct: {
        const children = this.#children.map((child) => child.column());
        return newColumn(this.#type, length, { children, nullBitmap });
      }
      default:
        return newColumn(this.#type, length, { values: this.#values, nullBitmap });
    }
  }
}
