import { textEndBits } from "../json/scan.ts";

const encoder = new TextEncoder();
const hexDigits = encoder.encode("0123456789abcdef");
/** Byte after the backslash of \b \t \n \f \r \" \\; 0 for the others. */
const shortEscapes = new Uint8Array(93);
for (const [byte, letter] of Object.entries({ 8: "b", 9: "t", 10: "n", 12: "f", 13: "r" })) {
  shortEscapes[Number(byte)] = letter.charCodeAt(0);
}
shortEscapes[34] = 34;
shortEscapes[92] = 92;

/** Bytes that grow. Only `reserve` makes room; the `write…` methods say what they need. */
export class ByteWriter {
  bytes: Uint8Array = new Uint8Array(4096);
  size = 0;
  #view = new DataView(this.bytes.buffer);

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.size + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.size + count, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.size));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** The bytes written, copied; the writer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.size);
    this.size = 0;
    return taken;
  }

  /** Needs as much room as there are bytes. */
  writeBytes(source: Uint8Array): void {
    const { bytes } = this;
    let at = this.size;
    for (let i = 0; i < source.length; i++) bytes[at++] = source[i]!;
    this.size = at;
  }

  /** Writes any text. Makes room itself. */
  writeText(text: string): void {
    this.reserve(text.length * 3);
    this.size += encoder.encodeInto(text, this.bytes.subarray(this.size)).written;
  }

  /** Writes 64 bits, given as two halves, as a varint; needs ten bytes. */
  writeVarint(lowHalf: number, highHalf: number): void {
    const { bytes } = this;
    let low = lowHalf >>> 0;
    let high = highHalf >>> 0;
    let at = this.size;
    while (high !== 0) {
      bytes[at++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    while (low > 127) {
      bytes[at++] = (low & 127) | 128;
      low >>>= 7;
    }
    bytes[at++] = low;
    this.size = at;
  }

  /** Writes a signed number of 64 bits, given as two halves, in zigzag form; needs ten bytes. */
  writeZigzag(low: number, high: number): void {
    const sign = high >> 31;
    this.writeVarint((low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
  }

  /** Writes a number of bytes or items in zigzag form; needs ten bytes. */
  writeCount(count: number): void {
    this.writeZigzag(count, 0);
  }

  /** Starts a part that its length stands before; gives what ends it. Needs a byte. */
  startSized(): number {
    return this.size++;
  }

  /** Ends the part: its length, a varint, goes before it. Makes room itself. */
  endSized(start: number): void {
    const length = this.size - start - 1;
    let more = 0;
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) more++;
    if (more > 0) {
      this.reserve(more);
      this.bytes.copyWithin(start + 1 + more, start + 1, this.size);
    }
    this.size = start;
    this.writeVarint(length, 0);
    this.size += length;
  }

  /** Writes 32 bits, low byte first; needs four bytes. */
  writeInt32(value: number): void {
    this.#view.setInt32(this.size, value, true);
    this.size += 4;
  }

  /** Writes a zero and a schema's id, as a registry's clients do. Makes room itself. */
  writePrefix(schemaId: number): void {
    this.reserve(5);
    this.bytes[this.size] = 0;
    this.#view.setUint32(this.size + 1, schemaId);
    this.size += 5;
  }

  /** Needs four bytes. */
  writeFloat32(value: number): void {
    this.#view.setFloat32(this.size, value, true);
    this.size += 4;
  }

  /** Needs eight bytes. */
  writeFloat64(value: number): void {
    this.#view.setFloat64(this.size, value, true);
    this.size += 8;
  }

  /** Writes bytes [from, to) of a source; makes room itself. */
  writeRange(source: Uint8Array, from: number, to: number): void {
    this.reserve(to - from);
    const { bytes } = this;
    let at = this.size;
    // A native copy of few bytes costs more than a loop.
    if (to - from > 64) bytes.set(source.subarray(from, to), at);
    else for (let i = from; i < to; i++) bytes[at++] = source[i]!;
    this.size += to - from;
  }

  /** Writes a text of ASCII; needs a byte per letter. */
  writeAscii(text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[this.size++] = text.charCodeAt(i);
  }

  /** Writes a whole number within ±(2^53 − 1); needs 17 bytes. */
  writeInteger(value: number): void {
    let rest = value;
    if (rest < 0) {
      this.bytes[this.size++] = 45;
      rest = -rest;
    }
    if (rest >= 100_000_000) {
      const high = Math.floor(rest / 100_000_000);
      this.#writeShort(high);
      this.writePadded(rest - high * 100_000_000, 8);
    } else {
      this.#writeShort(rest);
    }
  }

  /** Below 10^9. */
  #writeShort(value: number): void {
    let digits = 1;
    for (let bound = 10; value >= bound; bound *= 10) digits++;
    this.writePadded(value, digits);
  }

  /** Writes the last `digits` digits, with leading zeros; needs as many bytes. */
  writePadded(value: number, digits: number): void {
    const { bytes, size } = this;
    let rest = value | 0;
    for (let at = size + digits - 1; at >= size; at--) {
      const tens = (rest / 10) | 0;
      bytes[at] = 48 + rest - tens * 10;
      rest = tens;
    }
    this.size = size + digits;
  }

  /**
   * Writes UTF-8 in [from, to) of a view as a JSON string, quotes and escapes included; needs two
   * bytes and six per byte of text.
   */
  writeString(source: DataView, from: number, to: number): void {
    const view = this.#view;
    const { bytes } = this;
    bytes[this.size++] = 34;
    let at = from;
    while (at < to) {
      let into = this.size;
      for (; at + 4 <= to; at += 4, into += 4) {
        const word = source.getInt32(at, true);
        if (textEndBits(word) !== 0) break;
        view.setInt32(into, word, true);
      }
      this.size = into;
      // What ended the run is within four bytes, or fewer than four are left.
      for (const runEnd = Math.min(at + 4, to); at < runEnd; at++) {
        const byte = source.getUint8(at);
        if (byte < 32 || byte === 34 || byte === 92) this.#writeEscape(byte);
        else bytes[this.size++] = byte;
      }
    }
    bytes[this.size++] = 34;
  }

  #writeEscape(byte: number): void {
    this.bytes[this.size++] = 92;
    const letter = shortEscapes[byte]!;
    if (letter !== 0) {
      this.bytes[this.size++] = letter;
      return;
    }
    this.writeAscii("u00");
    this.bytes[this.size++] = hexDigits[byte >> 4]!;
    this.bytes[this.size++] = hexDigits[byte & 15]!;
  }
}
