import type { Data } from "apache-arrow";

/** Bytes of a bitmap of so many bits, padded to 8 bytes as Arrow asks. */
export function bitmapBytes(length: number): number {
  return ((length + 63) & ~63) >> 3;
}

/** Packs 0|1 per row into bits, least significant first. O(length). */
export function packBits(flags: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array(bitmapBytes(length));
  const whole = length & ~7;
  let row = 0;
  for (; row < whole; row += 8) {
    bits[row >> 3] =
      flags[row]! |
      (flags[row + 1]! << 1) |
      (flags[row + 2]! << 2) |
      (flags[row + 3]! << 3) |
      (flags[row + 4]! << 4) |
      (flags[row + 5]! << 5) |
      (flags[row + 6]! << 6) |
      (flags[row + 7]! << 7);
  }
  for (; row < length; row++) bits[row >> 3]! |= flags[row]! << (row & 7);
  return bits;
}

/** The bitmap of 0|1 flags, or undefined when every row is valid. */
export function packValidity(
  isValid: Uint8Array | undefined,
  length: number,
): Uint8Array | undefined {
  if (isValid === undefined) return undefined;
  for (let row = 0; row < length; row++) {
    if (isValid[row] === 0) return packBits(isValid, length);
  }
  return undefined;
}

/** Unpacks `length` bits from bit `offset` into 0|1 per row. */
export function unpackBits(
  bits: Uint8Array,
  offset: number,
  length: number,
  into: Uint8Array = new Uint8Array(length),
): Uint8Array {
  for (let row = 0; row < length; row++) {
    const bit = offset + row;
    into[row] = (bits[bit >> 3]! >> (bit & 7)) & 1;
  }
  return into;
}

/**
 * The validity bitmap, or undefined when every row is valid. Bit `data.offset + row` is row
 * `row`'s.
 */
export function nullBitmapOf(data: Data): Uint8Array | undefined {
  const bitmap = data.nullBitmap as Uint8Array | undefined | null;
  if (bitmap === undefined || bitmap === null || bitmap.length === 0) return undefined;
  return data.nullCount === 0 ? undefined : bitmap;
}

/** Validity as 0|1 per row, or undefined when every row is valid. O(length). */
export function validityOf(data: Data, into?: Uint8Array): Uint8Array | undefined {
  const bitmap = nullBitmapOf(data);
  return bitmap === undefined ? undefined : unpackBits(bitmap, data.offset, data.length, into);
}

/** Whether the row's value is not null. */
export function isValidAt(data: Data, row: number): boolean {
  const bitmap = nullBitmapOf(data);
  if (bitmap === undefined) return true;
  const bit = data.offset + row;
  return ((bitmap[bit >> 3]! >> (bit & 7)) & 1) === 1;
}
