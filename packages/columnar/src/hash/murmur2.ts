const seed = 0x9747b28c;
const factor = 0x5bd1e995;

/**
 * Kafka's hash of a key, as a signed 32-bit number.
 *
 * **Source** Austin Appleby's MurmurHash2 with the seed of Kafka's Java client (`Utils.murmur2`)
 */
export function murmur2(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  const length = end - start;
  const wordsEnd = start + (length & ~3);
  let hash = seed ^ length;
  let at = start;
  for (; at < wordsEnd; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    const mixed = Math.imul(word, factor);
    hash = Math.imul(hash, factor) ^ Math.imul(mixed ^ (mixed >>> 24), factor);
  }
  const left = end - at;
  if (left > 2) hash ^= (bytes[at + 2] as number) << 16;
  if (left > 1) hash ^= (bytes[at + 1] as number) << 8;
  if (left > 0) hash = Math.imul(hash ^ (bytes[at] as number), factor);
  hash = Math.imul(hash ^ (hash >>> 13), factor);
  return hash ^ (hash >>> 15);
}

/** The partition that Kafka's default partitioner gives a record with this key. */
export function kafkaPartitionOf(
  partitions: number,
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % partitions;
}
