/** What record batches can be compressed with. */
export type CompressionName = "gzip" | "snappy" | "lz4" | "zstd";

/** A way to compress the records of a batch. */
export interface Compression {
  readonly name: CompressionName;
  compress(bytes: Uint8Array): Uint8Array;
  /**
   * The bytes that were compressed. Where they may be more than `sizeMax`, nothing is decompressed.
   *
   * @throws Error when the bytes are malformed, or more than `sizeMax`
   */
  decompress(bytes: Uint8Array, sizeMax: number): Uint8Array;
}

/** By the number in a batch's attributes; 0 stands for none. */
export const compressionNames: readonly (CompressionName | "none")[] = [
  "none",
  "gzip",
  "snappy",
  "lz4",
  "zstd",
];

/** Refuses what decompresses to too many bytes; `sizeBytes` is an upper bound. */
export function checkSize(sizeBytes: number, sizeMax: number): void {
  if (sizeBytes > sizeMax) throw new RangeError(`it is more than ${sizeMax} bytes`);
}
