import type { RecordRanges } from "@millrace/core";

/** The ranges of records that are written one after the other. */
export class RangeList {
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  #count = 0;
  #end = 0;

  constructor(count: number) {
    this.#starts = new Int32Array(count);
    this.#lengths = new Int32Array(count);
  }

  /** The next record ends where `end` bytes have been written. */
  endAt(end: number): void {
    this.#starts[this.#count] = this.#end;
    this.#lengths[this.#count++] = end - this.#end;
    this.#end = end;
  }

  /** The records, in the buffer that they were written to. */
  over(buffer: Uint8Array): RecordRanges {
    return { count: this.#count, buffer, valueStart: this.#starts, valueLength: this.#lengths };
  }
}
