import { isValidAt, valueReader } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { compareValues } from "../aggregate/compare-values.ts";
import { isReadAsNumber, readNumbers } from "../aggregate/read-numbers.ts";
import { radixOrder } from "./radix-order.ts";

/**
 * A number per row that orders as the values do; equal numbers may need `compare`. Nulls come
 * first.
 */
interface KeyRanks {
  readonly ranks: Float64Array;
  /** Orders rows of equal rank, where the rank is not the whole value. */
  readonly compare: ((left: number, right: number) => number) | undefined;
}

/** Bytes of text that fit into the exact part of a float64. */
const prefixBytes = 6;

function textRanks(data: Data): KeyRanks {
  const bytes = data.values as Uint8Array;
  const offsets = data.valueOffsets as Int32Array;
  const ranks = new Float64Array(data.length);
  for (let row = 0; row < data.length; row += 1) {
    const from = offsets[row] as number;
    const to = offsets[row + 1] as number;
    let rank = 0;
    for (let i = from; i < from + prefixBytes; i += 1) {
      rank = rank * 256 + (i < to ? (bytes[i] as number) : 0);
    }
    ranks[row] = rank;
  }
  const compare = (left: number, right: number): number => {
    let a = offsets[left] as number;
    let b = offsets[right] as number;
    const lengthA = (offsets[left + 1] as number) - a;
    const lengthB = (offsets[right + 1] as number) - b;
    for (let n = Math.min(lengthA, lengthB); n > 0; n -= 1) {
      const difference = (bytes[a] as number) - (bytes[b] as number);
      if (difference !== 0) return difference;
      a += 1;
      b += 1;
    }
    return lengthA - lengthB;
  };
  return { ranks, compare };
}

function valueRanks(data: Data, type: DataType): KeyRanks {
  const read = valueReader(type);
  const values: unknown[] = [];
  for (let row = 0; row < data.length; row += 1) values.push(read(data, row));
  return {
    ranks: new Float64Array(data.length),
    compare: (left, right) => compareValues(values[left], values[right]),
  };
}

function ranksOf(data: Data, type: DataType): KeyRanks {
  const ranks = isReadAsNumber(type)
    ? { ranks: Float64Array.from(readNumbers(data).subarray(0, data.length)), compare: undefined }
    : type.kind === "utf8" || type.kind === "enum" || type.kind === "json"
      ? textRanks(data)
      : valueRanks(data, type);
  for (let row = 0; row < data.length; row += 1) {
    const rank = ranks.ranks[row] as number;
    if (rank !== rank) ranks.ranks[row] = Infinity;
    if (data.nullCount > 0 && !isValidAt(data, row)) ranks.ranks[row] = -Infinity;
  }
  return ranks;
}

/** Rows in ascending order of one key of whole numbers without nulls; undefined where it is not. */
function orderOfIntegers(data: Data, count: number): Int32Array | undefined {
  if (data.nullCount > 0) return undefined;
  const values = readNumbers(data);
  let least = Infinity;
  let greatest = -Infinity;
  for (let row = 0; row < count; row += 1) {
    const value = values[row] as number;
    if (!Number.isInteger(value)) return undefined;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  const range = count === 0 ? 0 : greatest - least;
  return Number.isSafeInteger(range) ? radixOrder(values, least, range, count) : undefined;
}

/**
 * Rows in ascending order of their keys: nulls first, text by its bytes, NaN last.
 *
 * **Cost** O(rows) for one key of whole numbers, otherwise O(rows · log rows); 8 bytes a row and
 * key
 */
export function orderByKeys(
  columns: readonly Data[],
  keys: readonly FieldType[],
  count: number,
): Int32Array {
  const [first, second] = columns;
  const type = keys[0]?.type;
  if (first !== undefined && second === undefined && type !== undefined && isReadAsNumber(type)) {
    const order = orderOfIntegers(first, count);
    if (order !== undefined) return order;
  }
  const order = new Int32Array(count);
  for (let i = 0; i < count; i += 1) order[i] = i;
  const all = columns.map((data, i) => ranksOf(data, (keys[i] as FieldType).type));
  return order.sort((left, right) => {
    for (const { ranks, compare } of all) {
      const a = ranks[left] as number;
      const b = ranks[right] as number;
      if (a !== b) return a < b ? -1 : 1;
      const rest = compare === undefined || a === -Infinity ? 0 : compare(left, right);
      if (rest !== 0) return rest;
    }
    return left - right;
  });
}
