/** Reads Decimal128: four 32-bit words from index `at`, little-endian, two's complement. */
export function readDecimalWords(words: Uint32Array, at: number): bigint {
  const low = (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
  const high = (BigInt(words[at + 3]! | 0) << 32n) | BigInt(words[at + 2]!);
  return (high << 64n) | low;
}

/** Writes Decimal128 at index `at`. */
export function writeDecimalWords(words: Uint32Array, at: number, unscaled: bigint): void {
  const bits = BigInt.asUintN(128, unscaled);
  words[at] = Number(bits & 0xffff_ffffn);
  words[at + 1] = Number((bits >> 32n) & 0xffff_ffffn);
  words[at + 2] = Number((bits >> 64n) & 0xffff_ffffn);
  words[at + 3] = Number(bits >> 96n);
}
