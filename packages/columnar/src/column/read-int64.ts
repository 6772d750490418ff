import type { Data } from "apache-arrow";
import { nullBitmapOf } from "./bitmap.ts";
import { int64Halves } from "./new-column.ts";

/** Below this, views of a buffer cost more than bigints do. */
const fewRows = 8;

/**
 * Reads an int64, timestamp or duration column (or any narrower number) as numbers; null → NaN.
 *
 * Values beyond ±2^53 are rounded. **Cost** O(rows), no bigint.
 *
 * @param into reused when given; at least `data.length` long
 */
export function readInt64(
  data: Data,
  into: Float64Array = new Float64Array(data.length),
): Float64Array {
  const length = data.length;
  const values: unknown = data.values;
  if (values instanceof BigInt64Array && length <= fewRows) {
    for (let row = 0; row < length; row++) into[row] = Number(values[row]!);
  } else if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const halves = int64Halves(values);
    const low = new Uint32Array(halves.buffer, halves.byteOffset, halves.length);
    const high = values instanceof BigUint64Array ? low : halves;
    for (let row = 0, at = 0; row < length; row++, at += 2) {
      into[row] = high[at + 1]! * 4_294_967_296 + low[at]!;
    }
  } else {
    const numbers = values as Float64Array;
    for (let row = 0; row < length; row++) into[row] = numbers[row]!;
  }
  const bitmap = nullBitmapOf(data);
  if (bitmap === undefined) return into;
  for (let row = 0; row < length; row++) {
    const bit = data.offset + row;
    if (((bitmap[bit >> 3]! >> (bit & 7)) & 1) === 0) into[row] = NaN;
  }
  return into;
}
