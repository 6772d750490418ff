/** Cuts a stream of bytes into the frames of Kafka's protocol: INT32 length, then so many bytes. */
export class Frames {
  #parts: Buffer[] = [];
  #size = 0;

  /** @returns the frames that are whole now, each with its length before it */
  push(bytes: Buffer): Buffer[] {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    if (this.#size < this.#wanted()) return [];
    let buffer = this.#joined();
    const frames: Buffer[] = [];
    while (buffer.length >= 4 && buffer.length >= buffer.readInt32BE(0) + 4) {
      const end = buffer.readInt32BE(0) + 4;
      frames.push(buffer.subarray(0, end));
      buffer = buffer.subarray(end);
    }
    this.#parts = [buffer];
    this.#size = buffer.length;
    return frames;
  }

  /** Bytes of the first frame, as far as they are known. */
  #wanted(): number {
    if (this.#size < 4) return 4;
    const [first] = this.#parts;
    const start = first !== undefined && first.length >= 4 ? first : this.#joined();
    return start.readInt32BE(0) + 4;
  }

  #joined(): Buffer {
    const [first] = this.#parts;
    const joined =
      first !== undefined && this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
    this.#parts = [joined];
    return joined;
  }
}
