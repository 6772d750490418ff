/** Cuts a stream of bytes into the frames of Kafka's protocol: INT32 length, then so many bytes. */
export class Frames {
  #parts: Buffer[] = [];
  #size = 0;

  /** @returns the frames that are whole now, each with its length before it */
  push(bytes: Buffer): Buffer[] {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    if (this.#size < this.#wanted()) return [];
    let buffer = this.#parts.length === 1 ? bytes : Buffer.concat(this.#parts);
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
    if ((this.#parts[0] as Buffer).length < 4) this.#parts = [Buffer.concat(this.#parts)];
    return (this.#parts[0] as Buffer).readInt32BE(0) + 4;
  }
}
