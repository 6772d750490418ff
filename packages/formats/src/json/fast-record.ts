import { NumberReader } from "../value/number-reader.ts";
import type { RowColumn } from "../value/row-column.ts";

// F1. A record is either read whole to the same effect as JSON.parse, or not at all (false): then
//     the caller reads it with JSON.parse and writes every column of the row again.
// F2. The bytes are known to be valid UTF-8.

interface Member {
  readonly name: Uint8Array;
  /** Index of the column, −1 for a member that no column takes. */
  readonly column: number;
}

const encoder = new TextEncoder();
const membersMax = 256;

/** Reads flat JSON objects of simple values straight from bytes into columns. */
export class FastRecordReader {
  readonly #columns: readonly RowColumn[];
  readonly #isNullable: readonly boolean[];
  readonly #members: Member[];
  /** Index in #members of the member last seen at each place of an object: the prediction. */
  readonly #order: number[] = [];
  /** Per column, the read in which it was last written; tells missing and repeated members. */
  readonly #writtenIn: Float64Array;
  readonly #numbers: NumberReader = new NumberReader();
  #reads = 0;
  /** Where the value just read ended; −1 when it was out of the ordinary. */
  #at = 0;

  constructor(
    names: readonly string[],
    isNullable: readonly boolean[],
    columns: readonly RowColumn[],
  ) {
    this.#columns = columns;
    this.#isNullable = isNullable;
    this.#members = names.map((name, column) => ({ name: encoder.encode(name), column }));
    this.#writtenIn = new Float64Array(names.length);
  }

  /** Reads bytes [from, to) as the row; false when JSON.parse has to decide. No allocation. */
  read(bytes: Uint8Array, from: number, to: number, row: number): boolean {
    const readId = ++this.#reads;
    let at = skipSpace(bytes, from, to);
    if (bytes[at] !== 123) return false;
    at = skipSpace(bytes, at + 1, to);
    // An empty object is rare, and the loop is simpler without it.
    for (let place = 0; ; place++) {
      if (at >= to || bytes[at] !== 34) return false;
      const member = this.#memberAt(bytes, at + 1, to, place);
      if (member === undefined) return false;
      at = skipSpace(bytes, at + member.name.length + 2, to);
      if (at >= to || bytes[at] !== 58) return false;
      at = skipSpace(bytes, at + 1, to);
      const { column } = member;
      if (column >= 0) {
        if (this.#writtenIn[column] === readId) return false;
        this.#writtenIn[column] = readId;
      }
      if (!this.#readValue(bytes, at, to, row, column)) return false;
      at = skipSpace(bytes, this.#at, to);
      if (at >= to) return false;
      if (bytes[at] === 125) break;
      if (bytes[at] !== 44) return false;
      at = skipSpace(bytes, at + 1, to);
    }
    if (skipSpace(bytes, at + 1, to) !== to) return false;
    return this.#fillMissing(readId, row);
  }

  #fillMissing(readId: number, row: number): boolean {
    for (let column = 0; column < this.#writtenIn.length; column++) {
      if (this.#writtenIn[column] === readId) continue;
      if (!this.#isNullable[column]) return false;
      this.#columns[column]!.setNull(row);
    }
    return true;
  }

  #memberAt(bytes: Uint8Array, at: number, to: number, place: number): Member | undefined {
    const predicted = this.#members[this.#order[place] ?? -1];
    if (predicted !== undefined && isNameAt(bytes, at, to, predicted.name)) return predicted;
    for (let index = 0; index < this.#members.length; index++) {
      const member = this.#members[index]!;
      if (isNameAt(bytes, at, to, member.name)) {
        this.#order[place] = index;
        return member;
      }
    }
    const end = plainStringEnd(bytes, at, to);
    if (end < 0 || this.#members.length >= membersMax) return undefined;
    this.#order[place] = this.#members.length;
    const member = { name: bytes.slice(at, end), column: -1 };
    this.#members.push(member);
    return member;
  }

  #readValue(bytes: Uint8Array, at: number, to: number, row: number, column: number): boolean {
    const byte = bytes[at]!;
    if (byte === 34) {
      const end = plainStringEnd(bytes, at + 1, to);
      if (end < 0) return false;
      this.#at = end + 1;
      return column < 0 || this.#columns[column]!.setText(row, bytes, at + 1, end);
    }
    if (byte === 45 || (byte >= 48 && byte <= 57)) {
      const value = this.#numbers.read(bytes, at, to);
      this.#at = this.#numbers.end;
      return this.#at >= 0 && (column < 0 || this.#columns[column]!.setNumber(row, value));
    }
    if (byte === 116 && isWordAt(bytes, at, to, wordTrue)) {
      this.#at = at + 4;
      return column < 0 || this.#columns[column]!.setBoolean(row, true);
    }
    if (byte === 102 && isWordAt(bytes, at, to, wordFalse)) {
      this.#at = at + 5;
      return column < 0 || this.#columns[column]!.setBoolean(row, false);
    }
    if (byte === 110 && isWordAt(bytes, at, to, wordNull)) {
      this.#at = at + 4;
      if (column < 0) return true;
      if (!this.#isNullable[column]) return false;
      this.#columns[column]!.setNull(row);
      return true;
    }
    return false;
  }
}

const wordTrue = encoder.encode("true");
const wordFalse = encoder.encode("false");
const wordNull = encoder.encode("null");

function isWordAt(bytes: Uint8Array, at: number, to: number, word: Uint8Array): boolean {
  if (at + word.length > to) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/** Whether the name stands at `at`, followed by its closing quote. */
function isNameAt(bytes: Uint8Array, at: number, to: number, name: Uint8Array): boolean {
  const end = at + name.length;
  if (end >= to || bytes[end] !== 34) return false;
  for (let i = 0; i < name.length; i++) {
    // A name with a quote or a backslash is written with escapes, so it never stands there raw.
    if (bytes[at + i] !== name[i] || name[i] === 34 || name[i] === 92 || name[i]! < 32)
      return false;
  }
  return true;
}

/** Index of the closing quote of a string without escapes and control bytes; −1 otherwise. */
function plainStringEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === 34) return at;
    if (byte === 92 || byte < 32) return -1;
  }
  return -1;
}

function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] === 32 || bytes[at] === 9 || bytes[at] === 13)) at++;
  return at;
}
