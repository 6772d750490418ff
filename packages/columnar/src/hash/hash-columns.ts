import { assert } from "@millrace/core";
import { type Data, Type } from "apache-arrow";
import { nullBitmapOf, validityOf } from "../column/bitmap.ts";
import { int64Halves } from "../column/new-column.ts";
import { decodeDictionary } from "../column/take-column.ts";
import { hashBytes, hashNull, hashWords } from "./murmur3.ts";

/**
 * Hashes each row over its columns: murmur3, chained, unsigned 32-bit.
 *
 * Depends on values only: integers of all widths, dates, timestamps and booleans hash as int64,
 * float32 as float64, −0 as 0, every NaN alike, text and binary by bytes; slices and dictionaries
 * as what they hold. A lone null hashes to 0.
 *
 * **Cost** O(rows) per column, one loop each
 */
export function hashColumns(
  columns: readonly Data[],
  length: number,
  into: Uint32Array = new Uint32Array(length),
): Uint32Array {
  into.fill(0, 0, length);
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!;
    assert(column.length >= length, "a hashed column has all rows");
    hashColumn(decodeDictionary(column), length, into);
  }
  return into;
}

function hashColumn(data: Data, length: number, into: Uint32Array): void {
  const isValid = validityOf(data);
  const seeds = isValid === undefined ? undefined : into.slice(0, length);
  switch (data.typeId) {
    case Type.Utf8:
    case Type.Binary:
      hashBytesColumn(data, length, into);
      break;
    case Type.Int:
    case Type.Timestamp:
    case Type.Date:
    case Type.Duration:
    case Type.Time:
      hashIntegers(data, length, into);
      break;
    case Type.Float:
      hashFloats(data.values as Float64Array, length, into);
      break;
    default:
      for (let row = 0; row < length; row++) into[row] = hashPresent(data, row, into[row]! | 0);
  }
  if (isValid === undefined) return;
  for (let row = 0; row < length; row++) {
    if (isValid[row] === 0) into[row] = hashNull(seeds![row]! | 0);
  }
}

function hashBytesColumn(data: Data, length: number, into: Uint32Array): void {
  const offsets = data.valueOffsets as Int32Array;
  const bytes = data.values as Uint8Array;
  for (let row = 0; row < length; row++) {
    into[row] = hashBytes(bytes, offsets[row]!, offsets[row + 1]!, into[row]! | 0);
  }
}

function hashIntegers(data: Data, length: number, into: Uint32Array): void {
  const values: unknown = data.values;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const halves = int64Halves(values);
    for (let row = 0; row < length; row++) {
      into[row] = hashWords(halves[row * 2]!, halves[row * 2 + 1]!, into[row]! | 0);
    }
    return;
  }
  if (values instanceof Int32Array) {
    for (let row = 0; row < length; row++) {
      into[row] = hashWords(values[row]!, values[row]! >> 31, into[row]! | 0);
    }
    return;
  }
  const numbers = values as Int16Array;
  for (let row = 0; row < length; row++) {
    const value = numbers[row]!;
    into[row] = hashWords(value | 0, value < 0 ? -1 : 0, into[row]! | 0);
  }
}

const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);

/** The hash of a float64: −0 as 0, every NaN alike. */
function hashFloat(value: number, seed: number): number {
  scratch[0] = value === 0 ? 0 : value;
  if (value !== value) return hashWords(0, 0x7ff8_0000, seed);
  return hashWords(scratchWords[0]!, scratchWords[1]!, seed);
}

function hashFloats(values: Float64Array, length: number, into: Uint32Array): void {
  for (let row = 0; row < length; row++) into[row] = hashFloat(values[row]!, into[row]! | 0);
}

/** The hash of one value, nested ones included. Slower than a column loop. */
function hashValueAt(data: Data, row: number, seed: number): number {
  const bitmap = nullBitmapOf(data);
  if (bitmap !== undefined) {
    const bit = data.offset + row;
    if (((bitmap[bit >> 3]! >> (bit & 7)) & 1) === 0) return hashNull(seed);
  }
  return hashPresent(data, row, seed);
}

function hashPresent(data: Data, row: number, seed: number): number {
  const values = data.values as Int32Array;
  switch (data.typeId) {
    case Type.Null:
      return hashNull(seed);
    case Type.Bool: {
      const bit = data.offset + row;
      return hashWords((values[bit >> 3]! >> (bit & 7)) & 1, 0, seed);
    }
    case Type.Utf8:
    case Type.Binary: {
      const offsets = data.valueOffsets as Int32Array;
      return hashBytes(data.values as Uint8Array, offsets[row]!, offsets[row + 1]!, seed);
    }
    case Type.Decimal: {
      const half = hashWords(values[row * 4]! | 0, values[row * 4 + 1]! | 0, seed);
      return hashWords(values[row * 4 + 2]! | 0, values[row * 4 + 3]! | 0, half);
    }
    case Type.Float:
      return hashFloat(values[row]!, seed);
    case Type.Struct: {
      let hash = seed;
      for (const child of data.children) hash = hashValueAt(child, row, hash);
      return hash;
    }
    case Type.List:
    case Type.Map: {
      const offsets = data.valueOffsets as Int32Array;
      let hash = hashWords(offsets[row + 1]! - offsets[row]!, 0, seed);
      for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
        hash = hashValueAt(data.children[0]!, at, hash);
      }
      return hash;
    }
    default: {
      const word = new Uint32Array(1);
      const one = data.slice(row, 1);
      word[0] = seed;
      hashIntegers(one, 1, word);
      return word[0] | 0;
    }
  }
}
