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
