/**
 * The unscaled value of a decimal column's row, big-endian two's complement: of `size` bytes, or of
 * as few as it needs when that is 0.
 */
export function decimalBytes(words: Uint32Array, row: number, size: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (let word = 0; word < 4; word++) view.setUint32(12 - word * 4, words[row * 4 + word]!);
  const sign = bytes[0]! >> 7 === 1 ? 255 : 0;
  if (size > 16) {
    const long = new Uint8Array(size).fill(sign);
    long.set(bytes, size - 16);
    return long;
  }
  let from = 16 - size;
  if (size === 0) {
    // A byte goes as long as the sign of the next one says the same.
    from = 0;
    while (from < 15 && bytes[from] === sign && (bytes[from + 1]! & 128) === (sign & 128)) from++;
  }
  return bytes.subarray(from);
}
