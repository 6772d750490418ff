import { isUtf8 } from "node:buffer";
import type { ValueColumn } from "./value-column.ts";

const noBytes = new Uint8Array(0);

// B1. Bytes are read up to `end`; what would need more gives −1. The buffer may go on after it.
// B2. A read gives the index after what it read, or −1.

/** Bytes of binary records, and the reads that formats share. */
export class BinaryInput {
  bytes: Uint8Array = noBytes;
  view: DataView = new DataView(noBytes.buffer);
  /** Index after the record at hand. */
  end = 0;
  /** The 64 bits of the varint just read: two signed halves. */
  low = 0;
  high = 0;

  /** Sets the bytes that records are read from. */
  open(bytes: Uint8Array): void {
    // Whatever subclass the caller has, the loops meet one.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads a varint of at most ten bytes into `low` and `high`. */
  varint(at: number): number {
    const { bytes } = this;
    let byte = bytes[at]!;
    if (at < this.end && byte < 128) {
      this.low = byte;
      this.high = 0;
      return at + 1;
    }
    let low = 0;
    let next = at;
    for (let shift = 0; shift < 28; shift += 7) {
      if (next >= this.end) return -1;
      byte = bytes[next++]!;
      low |= (byte & 127) << shift;
      if (byte < 128) {
        this.low = low;
        this.high = 0;
        return next;
      }
    }
    return this.#longVarint(next, low);
  }

  /** The fifth byte and what follows. */
  #longVarint(from: number, lowest: number): number {
    const { bytes, end } = this;
    if (from >= end) return -1;
    let next = from;
    let byte = bytes[next++]!;
    this.low = lowest | (byte << 28);
    let high = (byte & 127) >>> 4;
    for (let shift = 3; byte >= 128; shift += 7) {
      if (next >= end || shift > 31) return -1;
      byte = bytes[next++]!;
      high |= (byte & 127) << shift;
      // Of the tenth byte one bit belongs to the number.
      if (shift === 31 && byte > 1) return -1;
    }
    this.high = high;
    return next;
  }

  /** Turns the varint just read from zigzag form into a signed number. */
  unzigzag(): void {
    const { low, high } = this;
    const sign = -(low & 1);
    this.low = ((low >>> 1) | (high << 31)) ^ sign;
    this.high = (high >>> 1) ^ sign;
  }

  /** The varint just read as a signed number, rounded beyond ±2^53. */
  get number(): number {
    return this.high * 4_294_967_296 + (this.low >>> 0);
  }

  /** The varint just read as a number of bytes from `at` on; −1 when there are not as many. */
  size(at: number): number {
    const { low } = this;
    return this.high === 0 && low >= 0 && low <= this.end - at ? low : -1;
  }

  /** Copies `size` bytes at `at`, which are there, into the row; −1 when they are no UTF-8. */
  text(column: ValueColumn, row: number, at: number, size: number): number {
    const { bytes } = this;
    const start = column.offsets[row]!;
    if (start + size > column.text.length) column.reserveText(row, size);
    const { text } = column;
    const end = at + size;
    let bits = 0;
    if (size > 32) {
      const { view } = this;
      const { textView } = column;
      let from = at;
      let into = start;
      for (; from + 4 <= end; from += 4, into += 4) {
        const word = view.getInt32(from, true);
        textView.setInt32(into, word, true);
        bits |= word;
      }
      bits &= 0x80808080;
      for (; from < end; from++, into++) bits |= (text[into] = bytes[from]!) & 128;
    } else {
      for (let from = at, into = start; from < end; from++, into++) {
        bits |= text[into] = bytes[from]!;
      }
      bits &= 128;
    }
    column.offsets[row + 1] = start + size;
    return bits === 0 || isUtf8(bytes.subarray(at, end)) ? end : -1;
  }

  /** Copies `size` bytes at `at`, which are there, into the row. */
  copy(column: ValueColumn, row: number, at: number, size: number): number {
    const start = column.offsets[row]!;
    if (start + size > column.text.length) column.reserveText(row, size);
    column.text.set(this.bytes.subarray(at, at + size), start);
    column.offsets[row + 1] = start + size;
    return at + size;
  }
}
