import { type Data, Type } from "apache-arrow";
import { bitmapBytes, nullBitmapOf } from "./bitmap.ts";
import { concatColumns } from "./concat-columns.ts";
import { int64Halves, newColumn } from "./new-column.ts";

/**
 * Gathers rows of a column: row i of the result is row `rows[i]`. Nested columns too; a dictionary
 * column is decoded.
 *
 * **Cost** O(count + bytes gathered)
 */
export function takeColumn(data: Data, rows: Int32Array, count: number): Data {
  const nullBitmap = takeBits(nullBitmapOf(data), data.offset, rows, count);
  switch (data.typeId) {
    case Type.Null:
      return data.slice(0, count);
    case Type.Bool: {
      const values = takeBits(data.values as Uint8Array, data.offset, rows, count)!;
      return newColumn(data.type, count, { values, nullBitmap });
    }
    case Type.Utf8:
    case Type.Binary: {
      return newColumn(data.type, count, { ...takeBytes(data, rows, count), nullBitmap });
    }
    case Type.List:
    case Type.Map: {
      const { valueOffsets, items } = takeItems(data, rows, count);
      const child = takeColumn(data.children[0]!, items, items.length);
      return newColumn(data.type, count, { valueOffsets, children: [child], nullBitmap });
    }
    case Type.Struct: {
      const children = data.children.map((child) => takeColumn(child, rows, count));
      return newColumn(data.type, count, { children, nullBitmap });
    }
    case Type.Dictionary:
      return takeDictionary(data, rows, count);
    default:
      return newColumn(data.type, count, { values: takeFixed(data, rows, count), nullBitmap });
  }
}

function takeBits(
  bits: Uint8Array | undefined,
  offset: number,
  rows: Int32Array,
  count: number,
): Uint8Array | undefined {
  if (bits === undefined) return undefined;
  const taken = new Uint8Array(bitmapBytes(count));
  for (let i = 0; i < count; i++) {
    const bit = offset + rows[i]!;
    taken[i >> 3]! |= ((bits[bit >> 3]! >> (bit & 7)) & 1) << (i & 7);
  }
  return taken;
}

type FixedArray = Float64Array | Int32Array | Uint32Array;

/** Below this, views of a buffer cost more than bigints do. */
const fewRows = 16;

function takeFewWide(
  source: BigInt64Array | BigUint64Array,
  rows: Int32Array,
  count: number,
): BigInt64Array | BigUint64Array {
  const taken =
    source instanceof BigInt64Array ? new BigInt64Array(count) : new BigUint64Array(count);
  for (let i = 0; i < count; i++) taken[i] = source[rows[i]!]!;
  return taken;
}

function takeFixed(data: Data, rows: Int32Array, count: number): unknown {
  const source = data.values as FixedArray | BigInt64Array | BigUint64Array;
  if (source instanceof BigInt64Array || source instanceof BigUint64Array) {
    if (count <= fewRows) return takeFewWide(source, rows, count);
    const halves = int64Halves(source);
    const taken = new Int32Array(count * 2);
    for (let i = 0, to = 0; i < count; i++, to += 2) {
      const from = rows[i]! * 2;
      taken[to] = halves[from]!;
      taken[to + 1] = halves[from + 1]!;
    }
    return source instanceof BigInt64Array
      ? new BigInt64Array(taken.buffer)
      : new BigUint64Array(taken.buffer);
  }
  const stride = data.stride;
  const ArrayType = source.constructor as new (length: number) => FixedArray;
  const taken = new ArrayType(count * stride);
  if (stride === 1) {
    for (let i = 0; i < count; i++) taken[i] = source[rows[i]!]!;
    return taken;
  }
  for (let i = 0; i < count; i++) {
    const from = rows[i]! * stride;
    for (let word = 0; word < stride; word++) taken[i * stride + word] = source[from + word]!;
  }
  return taken;
}

function takeBytes(
  data: Data,
  rows: Int32Array,
  count: number,
): { values: Uint8Array; valueOffsets: Int32Array } {
  const offsets = data.valueOffsets as Int32Array;
  const bytes = data.values as Uint8Array;
  const valueOffsets = new Int32Array(count + 1);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    end += offsets[row + 1]! - offsets[row]!;
    valueOffsets[i + 1] = end;
  }
  const values = new Uint8Array(end);
  for (let i = 0, to = 0; i < count; i++) {
    const row = rows[i]!;
    const from = offsets[row]!;
    const stop = offsets[row + 1]!;
    if (stop - from > 48) {
      values.set(bytes.subarray(from, stop), to);
      to += stop - from;
    } else {
      for (let at = from; at < stop; at++) values[to++] = bytes[at]!;
    }
  }
  return { values, valueOffsets };
}

function takeItems(
  data: Data,
  rows: Int32Array,
  count: number,
): { valueOffsets: Int32Array; items: Int32Array } {
  const offsets = data.valueOffsets as Int32Array;
  const valueOffsets = new Int32Array(count + 1);
  let end = 0;
  for (let i = 0; i < count; i++) {
    end += offsets[rows[i]! + 1]! - offsets[rows[i]!]!;
    valueOffsets[i + 1] = end;
  }
  const items = new Int32Array(end);
  for (let i = 0, to = 0; i < count; i++) {
    const stop = offsets[rows[i]! + 1]!;
    for (let at = offsets[rows[i]!]!; at < stop; at++) items[to++] = at;
  }
  return { valueOffsets, items };
}

function takeDictionary(data: Data, rows: Int32Array, count: number): Data {
  const dictionary = concatColumns(data.dictionary!.data);
  const indices = data.values as Int32Array;
  const items = new Int32Array(count);
  for (let i = 0; i < count; i++) items[i] = Number(indices[rows[i]!]!);
  const bitmap = nullBitmapOf(data);
  const plain = takeColumn(dictionary, items, count);
  if (bitmap === undefined) return plain;
  const nullBitmap = takeBits(bitmap, data.offset, rows, count)!;
  const inner = nullBitmapOf(plain);
  if (inner !== undefined) for (let i = 0; i < nullBitmap.length; i++) nullBitmap[i]! &= inner[i]!;
  return newColumn(plain.type, count, {
    values: plain.values,
    valueOffsets: plain.valueOffsets as Int32Array,
    children: plain.children,
    nullBitmap,
  });
}

/** A dictionary column as a column of its values; any other column as it is. */
export function decodeDictionary(data: Data): Data {
  if (data.typeId !== Type.Dictionary) return data;
  const rows = new Int32Array(data.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  return takeColumn(data, rows, data.length);
}
