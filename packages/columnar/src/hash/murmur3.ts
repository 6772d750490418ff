/*
 * MurmurHash3 x86 32-bit (Austin Appleby, public domain), in its parts, so that columns hash in one
 * loop each.
 */

/** Mixes one 32-bit block into a running hash. */
function mixBlock(hash: number, block: number): number {
  let k = Math.imul(block, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** Ends a hash over `length` bytes. */
function finishHash(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The hash of two 32-bit words: the canonical bytes of every number. */
export function hashWords(low: number, high: number, seed: number): number {
  return finishHash(mixBlock(mixBlock(seed, low), high), 8);
}

/** The hash of bytes [from, to). Signed 32-bit. */
export function hashBytes(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let h = seed;
  const length = to - from;
  const whole = from + (length & ~3);
  let at = from;
  for (; at < whole; at += 4) {
    h = mixBlock(
      h,
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24),
    );
  }
  if (at < to) {
    let k = bytes[at]!;
    if (at + 1 < to) k |= bytes[at + 1]! << 8;
    if (at + 2 < to) k |= bytes[at + 2]! << 16;
    k = Math.imul(k, 0xcc9e2d51);
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  }
  return finishHash(h, length);
}

/** What a null makes of the hash so far; a lone null hashes to 0. */
export function hashNull(seed: number): number {
  return Math.imul((seed << 13) | (seed >>> 19), 0x9e3779b1);
}
