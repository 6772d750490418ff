/** Answers below it get fresh memory, which costs little. */
const keptMin = 256 * 1024;
/** Memory that is kept for later, at most: some of the largest answers to a Fetch. */
const freeBytesMax = 64 * 1024 * 1024;
/** Sizes are multiples of it, so that answers of about one size fit into each other's memory. */
const sizeStep = 1024 * 1024;

/**
 * Memory of large answers that nobody reads any more, for the next ones. As much fresh memory as is
 * fetched costs more than reading it: the system clears every page, and the collector runs each
 * time that some tens of megabytes have been handed out.
 *
 * Memory that is not given back is the collector's, as any other.
 */
export class AnswerMemory {
  /** Blocks that were handed out and may come back. */
  readonly #taken = new WeakSet<ArrayBufferLike>();
  #free: Buffer[] = [];
  #freeBytes = 0;

  /** Bytes with any content. */
  take(sizeBytes: number): Buffer {
    if (sizeBytes < keptMin) return Buffer.allocUnsafeSlow(sizeBytes);
    const block =
      this.#takeFree(sizeBytes) ??
      Buffer.allocUnsafeSlow(Math.ceil(sizeBytes / sizeStep) * sizeStep);
    this.#taken.add(block.buffer);
    return block.subarray(0, sizeBytes);
  }

  /** Takes back the memory that some bytes are of, if it is from here: nobody may read it now. */
  giveBack(bytes: Uint8Array): void {
    if (!this.#taken.delete(bytes.buffer)) return;
    const block = Buffer.from(bytes.buffer);
    if (this.#freeBytes + block.length > freeBytesMax) return;
    this.#free.push(block);
    this.#freeBytes += block.length;
  }

  /** The smallest block that is large enough. */
  #takeFree(sizeBytes: number): Buffer | undefined {
    let best: Buffer | undefined;
    for (const block of this.#free) {
      if (block.length >= sizeBytes && block.length < (best?.length ?? Infinity)) best = block;
    }
    if (best === undefined) return undefined;
    this.#free = this.#free.filter((block) => block !== best);
    this.#freeBytes -= best.length;
    return best;
  }
}
