import { FieldProblem } from "../value/field-problem.ts";
import { fromJson } from "../value/from-json.ts";
import { EscapeReader } from "./escape-reader.ts";
import { dayAt, instantAt } from "./instant-scan.ts";
import {
  type JsonColumn,
  keepsBooleans,
  keepsDates,
  keepsEnum,
  keepsIntegers,
  keepsNumbers,
  keepsText,
  keepsWide,
} from "./json-column.ts";
import { MemberTable } from "./member-table.ts";
import { scanNumber } from "./number-scan.ts";
import {
  isFalseAt,
  isNullAt,
  isTrueAt,
  lowestByte,
  skipSpace,
  skipText,
  skipValue,
  textEndBits,
} from "./scan.ts";

// R1. A record is either read whole to the same effect as JSON.parse, or not at all: then the
//     caller reads it with JSON.parse and writes every column of the row again.
// R2. What S1 and S2 of `scan.ts` ask of the bytes is the caller's to keep.

const noBytes = new Uint8Array(0);

/**
 * Reads JSON objects straight from bytes into columns.
 *
 * Records of one producer have their members in one order, so that each member predicts the next;
 * its name is then compared word by word and looked up only on a miss.
 */
export class RecordReader {
  readonly #columns: readonly JsonColumn[];
  readonly #members: MemberTable;
  readonly #number = new Float64Array(1);
  readonly #escape: EscapeReader = new EscapeReader();
  #bytes: Uint8Array = noBytes;
  #view: DataView = new DataView(noBytes.buffer);
  /** The same bytes, once text is wanted of them. */
  #buffer: Buffer | undefined;
  #opened: Uint8Array = noBytes;
  #reads = 0;

  constructor(columns: readonly JsonColumn[]) {
    this.#columns = columns;
    this.#members = new MemberTable(columns);
  }

  /** Sets the bytes that records are read from. */
  open(bytes: Uint8Array): void {
    if (bytes === this.#opened) return;
    this.#opened = bytes;
    // Whatever subclass the caller has, the loops meet one.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#buffer = undefined;
  }

  /**
   * Reads the record that starts at `from` as the row; gives the index after its line feed, or −1
   * when JSON.parse has to decide. The columns have room for the row and for the record's text.
   *
   * **Cost** O(bytes), no allocation for simple values in ordinary notation
   */
  read(from: number, row: number): number {
    const bytes = this.#bytes;
    const view = this.#view;
    const readId = this.#nextReadId();
    let written = 0;
    let at = skipSpace(bytes, from);
    if (bytes[at] !== 123) return -1;
    let member = this.#members.start;
    do {
      at++;
      if (bytes[at]! <= 32) at = skipSpace(bytes, at);
      let next = member.next;
      if (next === undefined || !next.isAt(view, at)) {
        next = this.#members.find(bytes, view, at);
        if (next === undefined) return -1;
        member.next = next;
      }
      member = next;
      at += member.size;
      if (bytes[at]! <= 32) at = skipSpace(bytes, at);
      if (bytes[at] !== 58) return -1;
      at++;
      if (bytes[at]! <= 32) at = skipSpace(bytes, at);
      const { column } = member;
      if (column === undefined) {
        at = bytes[at] === 34 ? skipText(bytes, view, at + 1) : skipValue(bytes, view, at);
      } else {
        if (column.writtenIn === readId) return -1;
        column.writtenIn = readId;
        written++;
        at = this.#readValue(column, row, at);
      }
      if (at < 0) return -1;
      if (bytes[at]! <= 32) at = skipSpace(bytes, at);
    } while (bytes[at] === 44);
    if (bytes[at] !== 125) return -1;
    at = skipSpace(bytes, at + 1);
    if (bytes[at] !== 10) return -1;
    if (written < this.#columns.length && !this.#fillMissing(readId, row)) return -1;
    return at + 1;
  }

  #nextReadId(): number {
    if (this.#reads === 0x3fff_ffff) {
      this.#reads = 0;
      for (const column of this.#columns) column.writtenIn = 0;
    }
    return ++this.#reads;
  }

  #fillMissing(readId: number, row: number): boolean {
    for (const column of this.#columns) {
      if (column.writtenIn === readId) continue;
      if (!column.isNullable) return false;
      column.setNull(row);
    }
    return true;
  }

  /** Reads the value at `at` into the row; gives the index after it, or −1. */
  #readValue(column: JsonColumn, row: number, at: number): number {
    const bytes = this.#bytes;
    const view = this.#view;
    const byte = bytes[at]!;
    if (byte === 110) {
      if (!column.isNullable || !isNullAt(view, at)) return -1;
      column.setNull(row);
      return at + 4;
    }
    switch (column.keeping) {
      case keepsText:
        return byte === 34 ? this.#readText(column, row, at) : -1;
      case keepsWide: {
        if (byte === 34) return this.#readTime(column, row, at);
        const end = scanNumber(bytes, view, at, this.#number);
        const value = this.#number[0]!;
        if (end < 0 || !isWholeWithin(value, column.low, column.high)) return -1;
        column.setWide(row, value);
        return end;
      }
      case keepsNumbers: {
        const end = scanNumber(bytes, view, at, this.#number);
        column.numbers[row] = this.#number[0]!;
        return end;
      }
      case keepsIntegers: {
        const end = scanNumber(bytes, view, at, this.#number);
        const value = this.#number[0]!;
        if (end < 0 || !isWholeWithin(value, column.low, column.high)) return -1;
        column.numbers[row] = value;
        return end;
      }
      case keepsBooleans: {
        const isTrue = isTrueAt(view, at);
        if (!isTrue && !isFalseAt(bytes, view, at)) return -1;
        column.booleans[row] = isTrue ? 1 : 0;
        return at + (isTrue ? 4 : 5);
      }
      case keepsDates:
        return byte === 34 ? this.#readDate(column, row, at) : -1;
      case keepsEnum:
        return byte === 34 ? this.#readEnum(column, row, at) : -1;
      default:
        return this.#readPlain(column, row, at);
    }
  }

  /** Copies a string while looking for its end. */
  #readText(column: JsonColumn, row: number, quote: number): number {
    const view = this.#view;
    const { textView } = column;
    let at = quote + 1;
    let into = column.offsets[row]!;
    for (;;) {
      const word = view.getInt32(at, true);
      textView.setInt32(into, word, true);
      const bits = textEndBits(word);
      if (bits === 0) {
        at += 4;
        into += 4;
        continue;
      }
      const plain = lowestByte(bits);
      at += plain;
      into += plain;
      if (this.#bytes[at] === 34) break;
      if (this.#bytes[at] !== 92) return -1;
      if (!this.#escape.read(this.#bytes, at, column.text, into)) return -1;
      at = this.#escape.at;
      into = this.#escape.into;
    }
    column.offsets[row + 1] = into;
    return at + 1;
  }

  #readTime(column: JsonColumn, row: number, quote: number): number {
    const end = skipText(this.#bytes, this.#view, quote + 1);
    if (end < 0) return -1;
    if (column.isInstant) {
      const ms = instantAt(this.#bytes, quote + 1, end - 1);
      if (ms === ms) {
        column.setWide(row, ms);
        return end;
      }
    }
    return this.#readPlain(column, row, quote);
  }

  #readDate(column: JsonColumn, row: number, quote: number): number {
    const day = this.#bytes[quote + 11] === 34 ? dayAt(this.#bytes, quote + 1) : NaN;
    if (day !== day) return this.#readPlain(column, row, quote);
    column.numbers[row] = day;
    return quote + 12;
  }

  #readEnum(column: JsonColumn, row: number, quote: number): number {
    const bytes = this.#bytes;
    for (const value of column.allowed) {
      const end = quote + 1 + value.length;
      if (bytes[end] !== 34) continue;
      let i = 0;
      while (i < value.length && value[i] === bytes[quote + 1 + i]) i++;
      if (i < value.length) continue;
      const start = column.offsets[row]!;
      for (let k = 0; k < value.length; k++) column.text[start + k] = value[k]!;
      column.offsets[row + 1] = start + value.length;
      return end + 1;
    }
    return this.#readPlain(column, row, quote);
  }

  /** Reads any value by JSON.parse of its own text, which keeps the record on this path. */
  #readPlain(column: JsonColumn, row: number, at: number): number {
    const end = skipValue(this.#bytes, this.#view, at);
    if (end < 0) return -1;
    const { name, type } = column.field;
    this.#buffer ??= Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    const plain = fromJson(type, JSON.parse(this.#buffer.toString("utf8", at, end)), name);
    if (plain instanceof FieldProblem || column.check?.(plain) !== undefined) return -1;
    column.set(row, plain);
    return end;
  }
}

function isWholeWithin(value: number, low: number, high: number): boolean {
  return value >= low && value <= high && Math.floor(value) === value;
}
