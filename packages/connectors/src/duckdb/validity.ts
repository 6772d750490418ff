import type { Data } from "apache-arrow";

/** Whether a column has a null; its bitmap must be read then. */
export function hasNulls(data: Data): boolean {
  return data.nullCount > 0 && data.nullBitmap !== undefined && data.nullBitmap.length > 0;
}

/**
 * Bits `start … start + count − 1` of a bitmap as a bitmap of its own, padded to whole 64-bit words
 * as DuckDB reads it. O(count / 8).
 */
export function packBits(
  bitmap: Uint8Array | null | undefined,
  start: number,
  count: number,
): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 64) * 8);
  if (bitmap === null || bitmap === undefined) return bits.fill(255);
  const shift = start & 7;
  const first = start >> 3;
  const byteCount = (count + 7) >> 3;
  for (let index = 0; index < byteCount; index++) {
    const low = (bitmap[first + index] ?? 0) >> shift;
    bits[index] = low | ((bitmap[first + index + 1] ?? 0) << (8 - shift));
  }
  return bits;
}

/** Rows that are valid in both; undefined means all. Writes into `left` when it is given. */
export function intersectBits(
  left: Uint8Array | undefined,
  right: Uint8Array | undefined,
): Uint8Array | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  for (let index = 0; index < left.length; index++) {
    left[index] = (left[index] as number) & (right[index] as number);
  }
  return left;
}
