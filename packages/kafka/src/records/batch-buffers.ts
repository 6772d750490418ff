import { attributeBits, headerField } from "./batch-header.ts";
import type { EncodedBatch } from "./records-to-encode.ts";

/** Buffers that are kept for later. */
const keptMax = 64;

/**
 * Memory of batches that were acknowledged, for the next ones. A fresh megabyte costs as much as
 * half of the encoding: the system clears every page of it.
 */
export class BatchBuffers {
  readonly #free: Buffer[] = [];

  /** Bytes with any content; at least as many as asked for. A kept buffer that is smaller goes. */
  take(sizeBytes: number): Buffer {
    const last = this.#free.pop();
    return last !== undefined && last.length >= sizeBytes
      ? last
      : Buffer.allocUnsafeSlow(sizeBytes);
  }

  /** Takes the memory of a batch back: nobody may read its bytes from now on. */
  giveBack({ bytes }: EncodedBatch): void {
    // A compressed batch has memory of its own, which is too small for the next one.
    const code = (bytes[headerField.attributes + 1] as number) & attributeBits.compression;
    if (code === 0) this.keep(Buffer.from(bytes.buffer));
  }

  /** Keeps memory that nobody reads any more. */
  keep(buffer: Buffer): void {
    if (this.#free.length < keptMax) this.#free.push(buffer);
  }
}
