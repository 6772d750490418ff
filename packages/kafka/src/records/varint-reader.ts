/**
 * Reads zig-zag varints one after the other, as Kafka's records have them; for what is read seldom.
 * It never reads beyond its end: it gives 0 and is broken from there on.
 */
export class VarintReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;
  /** Whether bytes were missing, or a varint was too long. */
  isBroken = false;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.at = at;
  }

  /** A number of 32 bits, in at most five bytes. */
  readVarint(): number {
    let zigzag = 0;
    for (let shift = 0; shift < 35 && this.at < this.#end; shift += 7) {
      const byte = this.#bytes[this.at++] as number;
      zigzag |= (byte & 127) << shift;
      if (byte < 128) return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    this.isBroken = true;
    return 0;
  }

  /** Goes over a number of 64 bits, in at most ten bytes. */
  skipVarlong(): void {
    for (let count = 0; count < 10 && this.at < this.#end; count++) {
      if ((this.#bytes[this.at++] as number) < 128) return;
    }
    this.isBroken = true;
  }

  /** Goes over bytes; false where there are not as many. */
  skip(count: number): boolean {
    if (count < 0 || count > this.#end - this.at) {
      this.isBroken = true;
      return false;
    }
    this.at += count;
    return true;
  }
}
