import type { Data } from "apache-arrow";
import { assert, type DataType } from "@millrace/core";
import type { NativeBindings, NativeVector } from "./driver.ts";
import { hasNulls, intersectBits, packBits } from "./validity.ts";

// Invariants:
//   V1. Memory goes from an Arrow buffer to a DuckDB vector by block copies; only timestamps (ms →
//     µs), booleans, narrow decimals and texts pass a scratch buffer first.
//   V2. The child of a null is null, too, as DuckDB demands of structs.
//   V3. Scratch buffers are little-endian, as Arrow's and DuckDB's are on every platform we run on.

/** Rows that a DuckDB vector holds. */
export const vectorRowsMax = 2048;

/** Bytes of a text that DuckDB keeps inside the 16-byte entry itself. */
const inlineBytesMax = 12;
const entryBytes = 16;

/**
 * Which rows of a column to copy; `validity` holds the rows that are not null above this column.
 */
interface Slice {
  readonly data: Data;
  readonly from: number;
  readonly count: number;
  readonly validity: Uint8Array | undefined;
}

/** Copies columns of record batches into the vectors of a data chunk. */
export class VectorWriter {
  readonly #native: NativeBindings;
  #scratch: ArrayBuffer = new ArrayBuffer(vectorRowsMax * entryBytes);

  constructor(native: NativeBindings) {
    this.#native = native;
  }

  /** Copies rows `from … from + count − 1` of a column to the vector's first rows. */
  write(vector: NativeVector, type: DataType, data: Data, from: number, count: number): void {
    this.#write(vector, type, { data, from, count, validity: undefined });
  }

  #write(vector: NativeVector, type: DataType, above: Slice): void {
    const validity = this.#writeValidity(vector, above);
    const slice = { ...above, validity };
    switch (type.kind) {
      case "boolean":
        return this.#writeBooleans(vector, slice);
      case "utf8":
      case "enum":
      case "json":
      case "binary":
        return this.#writeTexts(vector, slice);
      case "timestamp":
        return type.unit === "ms"
          ? this.#writeMillis(vector, slice)
          : this.#writeFixed(vector, slice, 1);
      case "decimal":
        return this.#writeDecimals(vector, slice, type.precision);
      case "list":
        return this.#writeList(vector, slice, (child, items) =>
          this.#write(child, type.item, { ...items, validity: undefined }),
        );
      case "map":
        return this.#writeList(vector, slice, (child, entries) =>
          this.#writeMapEntries(child, type.value, entries),
        );
      case "row":
        for (const [index, field] of type.fields.entries()) {
          const child = this.#native.struct_vector_get_child(vector, index);
          this.#write(child, field.type, { ...slice, data: childOf(slice.data, index) });
        }
        return;
      default:
        return this.#writeFixed(vector, slice, 1);
    }
  }

  #writeValidity(vector: NativeVector, slice: Slice): Uint8Array | undefined {
    const { data, from, count } = slice;
    const own = hasNulls(data) ? packBits(data.nullBitmap, data.offset + from, count) : undefined;
    const bits = intersectBits(own, slice.validity);
    if (bits === undefined) return undefined;
    this.#native.vector_ensure_validity_writable(vector);
    const buffer = bits.buffer as ArrayBuffer;
    this.#native.copy_data_to_vector_validity(vector, 0, buffer, bits.byteOffset, bits.byteLength);
    return bits;
  }

  /** `width` array elements a row. */
  #writeFixed(vector: NativeVector, { data, from, count }: Slice, width: number): void {
    const values = data.values as Int32Array;
    this.#copy(vector, values.subarray(from * width, (from + count) * width));
  }

  #copy(vector: NativeVector, values: ArrayBufferView): void {
    const { buffer, byteOffset, byteLength } = values;
    if (byteLength === 0) return;
    // The driver takes plain buffers only; memory shared between threads is copied once more.
    const plain = buffer instanceof ArrayBuffer ? buffer : Uint8Array.from(bytesOf(values)).buffer;
    const start = buffer instanceof ArrayBuffer ? byteOffset : 0;
    this.#native.copy_data_to_vector(vector, 0, plain, start, byteLength);
  }

  #writeBooleans(vector: NativeVector, { data, from, count }: Slice): void {
    const bits = data.values as Uint8Array;
    const bytes = new Uint8Array(this.#reserve(count), 0, count);
    for (let row = 0; row < count; row++) {
      const bit = data.offset + from + row;
      bytes[row] = ((bits[bit >> 3] as number) >> (bit & 7)) & 1;
    }
    this.#copy(vector, bytes);
  }

  #writeMillis(vector: NativeVector, { data, from, count }: Slice): void {
    const values = data.values as BigInt64Array;
    const halves = new Int32Array(values.buffer, values.byteOffset + from * 8, count * 2);
    const micros = new Int32Array(this.#reserve(count * 8), 0, count * 2);
    for (let at = 0; at < count * 2; at += 2) {
      // ms × 1000 in 32-bit halves: the low product is below 2^42, its upper part is the carry.
      const low = ((halves[at] as number) >>> 0) * 1000;
      micros[at] = low | 0;
      micros[at + 1] = Math.imul(halves[at + 1] as number, 1000) + Math.floor(low / 4294967296);
    }
    this.#copy(vector, micros);
  }

  #writeDecimals(vector: NativeVector, slice: Slice, precision: number): void {
    if (precision > 18) return this.#writeFixed(vector, slice, 4);
    const { data, from, count } = slice;
    const words = data.values as Uint32Array;
    // A decimal that fits fewer bytes is the same two's complement number, cut off.
    const buffer = this.#reserve(count * 8);
    const width = precision > 9 ? 2 : 1;
    const narrow =
      precision > 4 ? new Int32Array(buffer, 0, count * width) : new Int16Array(buffer, 0, count);
    for (let row = 0; row < count; row++) {
      narrow[row * width] = words[(from + row) * 4] as number;
      if (width === 2) narrow[row * 2 + 1] = words[(from + row) * 4 + 1] as number;
    }
    this.#copy(vector, narrow);
  }

  #writeTexts(vector: NativeVector, { data, from, count, validity }: Slice): void {
    const offsets = data.valueOffsets;
    const bytes = data.values as Uint8Array;
    const entries = new Uint8Array(this.#reserve(count * entryBytes), 0, count * entryBytes);
    const lengths = new Int32Array(entries.buffer, 0, count * 4);
    entries.fill(0);
    let hasLong = false;
    for (let row = 0; row < count; row++) {
      if (validity !== undefined && !isSet(validity, row)) continue;
      const start = offsets[from + row] as number;
      const length = (offsets[from + row + 1] as number) - start;
      if (length > inlineBytesMax) {
        hasLong = true;
        continue;
      }
      lengths[row * 4] = length;
      const entry = row * entryBytes + 4;
      for (let at = 0; at < length; at++) entries[entry + at] = bytes[start + at] as number;
    }
    this.#copy(vector, entries);
    if (!hasLong) return;
    for (let row = 0; row < count; row++) {
      if (validity !== undefined && !isSet(validity, row)) continue;
      const start = offsets[from + row] as number;
      const end = offsets[from + row + 1] as number;
      if (end - start <= inlineBytesMax) continue;
      this.#native.vector_assign_string_element_len(vector, row, bytes.subarray(start, end));
    }
  }

  #writeList(
    vector: NativeVector,
    { data, from, count, validity }: Slice,
    writeItems: (child: NativeVector, items: Slice) => void,
  ): void {
    const offsets = data.valueOffsets;
    const first = offsets[from] as number;
    const itemCount = (offsets[from + count] as number) - first;
    const entries = new Int32Array(new ArrayBuffer(count * entryBytes));
    for (let row = 0; row < count; row++) {
      if (validity !== undefined && !isSet(validity, row)) continue;
      const start = offsets[from + row] as number;
      entries[row * 4] = start - first;
      entries[row * 4 + 2] = (offsets[from + row + 1] as number) - start;
    }
    this.#native.list_vector_reserve(vector, itemCount);
    this.#native.list_vector_set_size(vector, itemCount);
    this.#copy(vector, entries);
    const child = this.#native.list_vector_get_child(vector);
    const items = { data: childOf(data, 0), from: first, count: itemCount, validity: undefined };
    writeItems(child, items);
  }

  /** A map is a list of (key, value) structs in Arrow and in DuckDB alike. */
  #writeMapEntries(child: NativeVector, value: DataType, entries: Slice): void {
    const text: DataType = { kind: "utf8", nullable: false };
    const parts = [text, value] as const;
    for (const [index, type] of parts.entries()) {
      const part = { ...entries, data: childOf(entries.data, index) };
      this.#write(this.#native.struct_vector_get_child(child, index), type, part);
    }
  }

  #reserve(byteCount: number): ArrayBuffer {
    if (this.#scratch.byteLength < byteCount) this.#scratch = new ArrayBuffer(byteCount * 2);
    return this.#scratch;
  }
}

function childOf(data: Data, index: number): Data {
  const child = data.children[index];
  assert(child !== undefined, "a nested column has all its children");
  return child;
}

function isSet(bits: Uint8Array, row: number): boolean {
  return ((bits[row >> 3] as number) & (1 << (row & 7))) !== 0;
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
