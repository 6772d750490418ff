import type { RecordRanges } from "@millrace/core";

import { checksumBytes, seal } from "./checksum.ts";

/** Bytes of a chunk, roughly: few of LMDB's pages in a row, so that free ones are easily found. */
const chunkBytesMax = 256 * 1024;
const wordBytes = 4;

/** Consecutive records of a partition as one entry of the database. */
export interface RecordChunk {
  /** Offset of its first record. */
  readonly first: bigint;
  readonly count: number;
  readonly lengths: DataView;
  /** Its values, one after the other; valid until the next read only. */
  readonly bytes: Uint8Array;
  /** All of it, with its checksum: valid until the next read only. */
  readonly entry: Uint8Array;
}

/** The end of the values from `from` on that one chunk takes; at least one. */
export function chunkEnd({ count, valueLength }: RecordRanges, from: number): number {
  let end = from + 1;
  let sizeBytes = valueLength[from] as number;
  while (end < count && sizeBytes + (valueLength[end] as number) <= chunkBytesMax) {
    sizeBytes += valueLength[end] as number;
    end++;
  }
  return end;
}

/** Values [from, to): their count and lengths (u32, little-endian), their bytes, a checksum. */
export function encodeChunk(values: RecordRanges, from: number, to: number): Uint8Array {
  const { buffer, valueStart, valueLength } = values;
  let sizeBytes = 0;
  for (let index = from; index < to; index++) sizeBytes += valueLength[index] as number;
  let at = (1 + to - from) * wordBytes;
  const encoded = new Uint8Array(at + sizeBytes + checksumBytes);
  const words = new DataView(encoded.buffer);
  words.setUint32(0, to - from, true);
  for (let index = from; index < to;) {
    // Values that follow each other in the buffer are copied together.
    const start = valueStart[index] as number;
    let end = start;
    for (; index < to && valueStart[index] === end; index++) {
      const length = valueLength[index] as number;
      words.setUint32((1 + index - from) * wordBytes, length, true);
      end += length;
    }
    encoded.set(buffer.subarray(start, end), at);
    at += end - start;
  }
  return seal(encoded);
}

/**
 * Reads what `encodeChunk` wrote, as a view. Where it is damaged its count may be wrong; it is
 * within the entry.
 */
export function decodeChunk(first: bigint, encoded: Uint8Array): RecordChunk {
  const words = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const countMax = Math.max(
    0,
    Math.floor((encoded.byteLength - wordBytes - checksumBytes) / wordBytes),
  );
  const count = encoded.byteLength < wordBytes ? 0 : Math.min(words.getUint32(0, true), countMax);
  const headBytes = (1 + count) * wordBytes;
  const lengths = new DataView(encoded.buffer, encoded.byteOffset + wordBytes, count * wordBytes);
  const bytes = encoded.subarray(headBytes, encoded.byteLength - checksumBytes);
  return { first, count, lengths, bytes, entry: encoded };
}

/** Length of a chunk's value. */
export function lengthInChunk({ lengths }: RecordChunk, index: number): number {
  return lengths.getUint32(index * wordBytes, true);
}
