import type { LogRecords, Offset } from "@millrace/core";

import { lengthInChunk, type RecordChunk } from "./record-chunk.ts";

const bufferBytesMin = 16 * 1024;

/** Values copied one after the other into one buffer, up to about `bytesMax`. */
export class GatheredValues {
  count = 0;
  readonly #countMax: number;
  readonly #bytesMax: number;
  #starts: Int32Array<ArrayBuffer>;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #sizeBytes = 0;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
    this.#starts = new Int32Array(Math.min(countMax, 64));
  }

  get isFull(): boolean {
    return this.count >= this.#countMax;
  }

  /** Adds the value, if there is room for it or it is the first. */
  add(value: Uint8Array): boolean {
    if (!this.#hasRoom(value.length)) return false;
    this.#startAt(this.#sizeBytes);
    this.#append(value);
    return true;
  }

  /** Adds a chunk's values from one on; whether there was room for all of them. */
  addChunk(chunk: RecordChunk, from: number): boolean {
    let before = 0;
    for (let index = 0; index < from; index++) before += lengthInChunk(chunk, index);
    const base = this.#sizeBytes;
    let taken = 0;
    let index = from;
    for (; index < chunk.count && !this.isFull; index++) {
      const length = lengthInChunk(chunk, index);
      if (!this.#hasRoom(taken + length)) break;
      this.#startAt(base + taken);
      taken += length;
    }
    this.#append(chunk.bytes.subarray(before, before + taken));
    return index === chunk.count;
  }

  records(baseOffset: Offset): LogRecords {
    const { count } = this;
    const valueStart = this.#starts.subarray(0, count);
    const valueLength = new Int32Array(count);
    for (let index = 0; index < count; index++) {
      const next = index + 1 < count ? (valueStart[index + 1] as number) : this.#sizeBytes;
      valueLength[index] = next - (valueStart[index] as number);
    }
    return { count, baseOffset, buffer: this.#buffer, valueStart, valueLength };
  }

  #hasRoom(more: number): boolean {
    return this.count === 0 || this.#sizeBytes + more <= this.#bytesMax;
  }

  #startAt(start: number): void {
    if (this.count === this.#starts.length) {
      const grown = new Int32Array(this.#starts.length * 2);
      grown.set(this.#starts);
      this.#starts = grown;
    }
    this.#starts[this.count++] = start;
  }

  #append(bytes: Uint8Array): void {
    const end = this.#sizeBytes + bytes.length;
    if (end > this.#buffer.length) {
      // The last value that fits mostly ends near the most: growing beyond it is rarely of use.
      const doubled = Math.max(this.#buffer.length * 2, bufferBytesMin);
      const capacity = Math.max(end, Math.min(doubled, this.#bytesMax));
      // Not zeroed: every byte that a record's view shows is written.
      const into = Buffer.allocUnsafeSlow(capacity);
      into.set(this.#buffer.subarray(0, this.#sizeBytes));
      this.#buffer = new Uint8Array(into.buffer, into.byteOffset, capacity);
    }
    this.#buffer.set(bytes, this.#sizeBytes);
    this.#sizeBytes = end;
  }
}
