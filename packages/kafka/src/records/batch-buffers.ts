import type { EncodedBatch } from "./records-to-encode.ts";

/** Buffers that are kept for later. */
const keptMax = 64;

/**
 * Memory of batches that were acknowledged, for the next ones. A fresh megabyte costs as much as
 * half of the encoding: the system clears every page of it.
 */
export class BatchBuffers {
  readonly #free: Buffer[] = [];

  /** Bytes with any content; at least as many as asked for. */
  take(sizeBytes: number): Buffer {
    const last = this.#free.at(-1);
    if (last !== undefined && last.length >= sizeBytes) return this.#free.pop() as Buffer;
    return Buffer.allocUnsafeSlow(sizeBytes);
  }

  /** Takes the memory of a batch back: nobody may read its bytes from now on. */
  giveBack({ bytes }: EncodedBatch): void {
    if (this.#free.length < keptMax) this.#free.push(Buffer.from(bytes.buffer));
  }
}
