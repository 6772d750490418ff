import { FieldProblem } from "../value/field-problem.ts";
import { fromJson } from "../value/from-json.ts";
import { EscapeReader } from "./escape-reader.ts";
import { dayAt, instantAt } from "./instant-scan.ts";
import {
  keepsBooleans,
  keepsBytes,
  keepsDates,
  keepsDecimals,
  keepsEnum,
  keepsIntegers,
  keepsLists,
  keepsMaps,
  keepsNumbers,
  keepsRows,
  keepsText,
  forgetReads,
  keepsWide,
  type ValueColumn,
} from "../value/value-column.ts";
import { Base64Reader } from "./base64-scan.ts";
import { scanDecimal } from "./decimal-scan.ts";
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
/** Whole numbers up to here cost no allocation. */
const smallMax = 0x3fff_ffff;
/** Entries of a map whose keys are compared with each other here. */
const entriesMax = 32;

/**
 * Reads JSON objects straight from bytes into columns.
 *
 * Records of one producer have their members in one order, so that each member predicts the next;
 * its name is then compared word by word and looked up only on a miss.
 */
export class RecordReader {
  readonly #columns: readonly ValueColumn[];
  readonly #members: MemberTable;
  /** Of each column of rows, at its `place`, the members that it looks for. */
  readonly #tables: MemberTable[] = [];
  readonly #number = new Float64Array(1);
  readonly #escape: EscapeReader = new EscapeReader();
  readonly #base64: Base64Reader = new Base64Reader();
  #bytes: Uint8Array = noBytes;
  #view: DataView = new DataView(noBytes.buffer);
  /** The same bytes, once text is wanted of them. */
  #buffer: Buffer | undefined;
  #opened: Uint8Array = noBytes;
  readonly #readsMax: number;
  #reads = 0;

  /** `readsMax` is how many objects are told apart before the count begins anew. */
  constructor(columns: readonly ValueColumn[], readsMax: number = smallMax) {
    this.#columns = columns;
    this.#readsMax = readsMax;
    this.#members = new MemberTable(columns);
    this.#addTables(columns);
  }

  #addTables(columns: readonly ValueColumn[]): void {
    for (const column of columns) {
      if (column.keeping === keepsRows) {
        column.place = this.#tables.length;
        this.#tables.push(new MemberTable(column.children));
      }
      this.#addTables(column.children);
    }
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
    // Never within a record, whose outer objects still need their numbers.
    if (this.#reads > this.#readsMax) {
      this.#reads = 0;
      forgetReads(this.#columns);
    }
    let at = skipSpace(bytes, from);
    if (bytes[at] !== 123) return -1;
    at = this.#readMembers(this.#members, this.#columns, row, at);
    if (at < 0) return -1;
    at = skipSpace(bytes, at);
    return bytes[at] === 10 ? at + 1 : -1;
  }

  /** Reads the object that starts at `from` into a row of the columns; gives the index after it. */
  #readMembers(
    members: MemberTable,
    columns: readonly ValueColumn[],
    row: number,
    from: number,
  ): number {
    const bytes = this.#bytes;
    const view = this.#view;
    // Each object has its own, so that a column knows in which one it was written last.
    const readId = ++this.#reads;
    let written = 0;
    let at = from;
    let member = members.start;
    do {
      at++;
      if (bytes[at]! <= 32) at = skipSpace(bytes, at);
      let next = member.next;
      if (next === undefined || !next.isAt(view, at)) {
        next = members.find(bytes, view, at);
        if (next === undefined) {
          // An object without members has none to be found.
          if (bytes[at] !== 125 || member !== members.start) return -1;
          break;
        }
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
    if (written < columns.length && !fillMissing(columns, readId, row)) return -1;
    return at + 1;
  }

  /** Reads the value at `at` into the row; gives the index after it, or −1. */
  #readValue(column: ValueColumn, row: number, at: number): number {
    const bytes = this.#bytes;
    const view = this.#view;
    const byte = bytes[at]!;
    if (byte === 110) {
      if (!column.isNullable || !isNullAt(view, at)) return -1;
      column.setNull(row);
      return at + 4;
    }
    column.isValid[row] = 1;
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
      case keepsRows: {
        if (byte !== 123) return -1;
        return this.#readMembers(this.#tables[column.place]!, column.children, row, at);
      }
      case keepsLists:
        return byte === 91 ? this.#readList(column, row, at) : -1;
      case keepsMaps:
        return byte === 123 ? this.#readMap(column, row, at) : -1;
      case keepsDecimals: {
        const end = scanDecimal(bytes, at, column, row);
        return end < 0 ? this.#readPlain(column, row, at) : end;
      }
      case keepsBytes:
        return byte === 34 ? this.#readBytes(column, row, at) : -1;
      default:
        return this.#readPlain(column, row, at);
    }
  }

  /** Copies a string while looking for its end. */
  #readText(column: ValueColumn, row: number, quote: number): number {
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

  #readTime(column: ValueColumn, row: number, quote: number): number {
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

  #readDate(column: ValueColumn, row: number, quote: number): number {
    const day = this.#bytes[quote + 11] === 34 ? dayAt(this.#bytes, quote + 1) : NaN;
    if (day !== day) return this.#readPlain(column, row, quote);
    column.numbers[row] = day;
    return quote + 12;
  }

  #readEnum(column: ValueColumn, row: number, quote: number): number {
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

  #readBytes(column: ValueColumn, row: number, quote: number): number {
    const end = this.#base64.read(this.#bytes, quote + 1, column.text, column.offsets[row]!);
    if (end < 0) return this.#readPlain(column, row, quote);
    column.offsets[row + 1] = this.#base64.into;
    return end;
  }

  #readList(column: ValueColumn, row: number, from: number): number {
    const bytes = this.#bytes;
    const items = column.children[0]!;
    let item = column.offsets[row]!;
    let at = skipSpace(bytes, from + 1);
    if (bytes[at] !== 93) {
      for (;;) {
        if (item >= items.capacity) items.reserveRows(item + 1);
        at = this.#readValue(items, item++, at);
        if (at < 0) return -1;
        if (bytes[at]! <= 32) at = skipSpace(bytes, at);
        if (bytes[at] !== 44) break;
        at = skipSpace(bytes, at + 1);
      }
      if (bytes[at] !== 93) return -1;
    }
    column.offsets[row + 1] = item;
    return at + 1;
  }

  #readMap(column: ValueColumn, row: number, from: number): number {
    const bytes = this.#bytes;
    const [keys, values] = column.children as readonly [ValueColumn, ValueColumn];
    const first = column.offsets[row]!;
    let item = first;
    let at = skipSpace(bytes, from + 1);
    if (bytes[at] !== 125) {
      for (;;) {
        if (bytes[at] !== 34) return -1;
        if (item >= keys.capacity) keys.reserveRows(item + 1);
        if (item >= values.capacity) values.reserveRows(item + 1);
        keys.isValid[item] = 1;
        at = this.#readText(keys, item, at);
        if (at < 0) return -1;
        // JSON.parse alone puts repeated keys and whole numbers where an object has them.
        if (isOutOfOrder(keys, first, item)) return this.#readPlain(column, row, from);
        at = skipSpace(bytes, at);
        if (bytes[at] !== 58) return -1;
        at = this.#readValue(values, item++, skipSpace(bytes, at + 1));
        if (at < 0) return -1;
        if (bytes[at]! <= 32) at = skipSpace(bytes, at);
        if (bytes[at] !== 44) break;
        at = skipSpace(bytes, at + 1);
      }
      if (bytes[at] !== 125) return -1;
    }
    column.offsets[row + 1] = item;
    return at + 1;
  }

  /** Reads any value by JSON.parse of its own text, which keeps the record on this path. */
  #readPlain(column: ValueColumn, row: number, at: number): number {
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

/** Makes null what the read did not write; false when that is not allowed. */
function fillMissing(columns: readonly ValueColumn[], readId: number, row: number): boolean {
  for (const column of columns) {
    if (column.writtenIn === readId) continue;
    if (!column.isNullable) return false;
    column.setNull(row);
  }
  return true;
}

/** Whether the last key, `item`, starts with a digit, or was there before, or there are many. */
function isOutOfOrder(keys: ValueColumn, first: number, item: number): boolean {
  const { offsets, text } = keys;
  const start = offsets[item]!;
  const size = offsets[item + 1]! - start;
  if ((size > 0 && (text[start]! ^ 48) <= 9) || item - first >= entriesMax) return true;
  for (let other = first; other < item; other++) {
    const from = offsets[other]!;
    if (offsets[other + 1]! - from !== size) continue;
    let i = 0;
    while (i < size && text[from + i] === text[start + i]) i++;
    if (i === size) return true;
  }
  return false;
}
