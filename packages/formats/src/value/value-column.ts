import {
  columnBuilder,
  newColumn,
  packBits,
  packValidity,
  writeDecimalWords,
} from "@millrace/columnar";
import { type DataType, type Decimal, type FieldType, toArrowType } from "@millrace/core";
import type { Data, DataType as ArrowType } from "apache-arrow";
import type { ColumnCheck } from "./column-checks.ts";
import { integerRange } from "./from-json.ts";

// How a column keeps its values, which is also how they are read. Numbers, to switch on.

/** Floats. */
export const keepsNumbers = 0;
/** Integers of at most 32 bits. */
export const keepsIntegers = 1;
/** Integers, durations and times of 64 bits. */
export const keepsWide = 2;
/** Booleans. */
export const keepsBooleans = 3;
/** Any text. */
export const keepsText = 4;
/** Text that is one of several. */
export const keepsEnum = 5;
/** Epoch days. */
export const keepsDates = 6;
/** Plain values: `json` columns, and every column with a check. */
export const keepsPlain = 7;
/** Exact numbers. */
export const keepsDecimals = 8;
/** Any bytes. */
export const keepsBytes = 9;
/** Items, in the child. */
export const keepsLists = 10;
/** Keys and values, in two children. */
export const keepsMaps = 11;
/** A value in each child, at the same row. */
export const keepsRows = 12;

/** How a column of the type keeps its values. */
export function keepingOf(type: DataType): number {
  switch (type.kind) {
    case "utf8":
      return keepsText;
    case "enum":
      return keepsEnum;
    case "boolean":
      return keepsBooleans;
    case "int64":
    case "uint64":
    case "timestamp":
    case "duration":
      return keepsWide;
    case "date":
      return keepsDates;
    case "float32":
    case "float64":
      return keepsNumbers;
    case "decimal":
      return keepsDecimals;
    case "binary":
      return keepsBytes;
    case "list":
      return keepsLists;
    case "map":
      return keepsMaps;
    case "row":
      return keepsRows;
    case "json":
      return keepsPlain;
    default:
      return keepsIntegers;
  }
}

/** The columns within a column: a list's items, a map's keys and values, a row's columns. */
export function childFields({ name, type }: FieldType): readonly FieldType[] {
  switch (type.kind) {
    case "list":
      return [{ name: `${name}[]`, type: type.item }];
    case "map":
      return [
        { name: `${name}{}`, type: { kind: "utf8", nullable: false } },
        { name: `${name}{}`, type: type.value },
      ];
    case "row":
      return type.fields;
    default:
      return [];
  }
}

const encoder = new TextEncoder();
const two32 = 4_294_967_296;
const noBytes = new Uint8Array(0);

/**
 * A column being decoded, written by row index, in order; a row may be written again after a try
 * that failed, and only rows 0 … count − 1 of `finish` are kept. Items of lists and maps are rows
 * of the children, which `offsets` tells apart.
 *
 * One class for all types, with its arrays in the open: a reader's loop then meets one shape only,
 * and calls nothing per value. Arrays that a type does not use are empty. Who writes an array sets
 * `isValid` too.
 */
export class ValueColumn {
  readonly field: FieldType;
  readonly check: ColumnCheck | undefined;
  readonly keeping: number;
  readonly isNullable: boolean;
  /** Whether text may be an ISO time of milliseconds. */
  readonly isInstant: boolean;
  /** Whether whole numbers of 64 bits may be beyond ±(2^53 − 1). */
  readonly isBigint: boolean;
  /** Least and greatest whole number that fits. */
  readonly low: number;
  readonly high: number;
  /** Digits of a decimal, and how many of them are a fraction. */
  readonly precision: number;
  readonly scale: number;
  /** The values of an enum as they stand in JSON; those that need escapes are left out. */
  readonly allowed: readonly Uint8Array[];
  /** Of a list the items, of a map the keys and the values, of a row its columns. */
  readonly children: readonly ValueColumn[];
  /** Where the column's reader keeps what it needs for it. */
  place = 0;
  /** The read in which the column was last written: tells missing and repeated members. */
  writtenIn = 0;
  capacity: number;
  numbers: Float64Array = new Float64Array(0);
  /** 64-bit integers, low half first. */
  halves: Int32Array = new Int32Array(0);
  /** Decimals, four words each, low word first. */
  words: Uint32Array = new Uint32Array(0);
  /** Per row 0 or 1. */
  booleans: Uint8Array = noBytes;
  /** Where each row's bytes, items or entries start, and where the last one's end. */
  offsets: Int32Array = new Int32Array(1);
  text: Uint8Array = noBytes;
  textView: DataView = new DataView(noBytes.buffer);
  /** Per row 0 or 1. */
  isValid: Uint8Array = noBytes;
  hasNull = false;
  #plain: unknown[] = [];
  readonly #arrowType: ArrowType;

  constructor(field: FieldType, check: ColumnCheck | undefined, capacity: number) {
    const { type } = field;
    this.field = field;
    this.#arrowType = toArrowType(type);
    this.check = check;
    this.keeping = check === undefined ? keepingOf(type) : keepsPlain;
    this.isNullable = type.nullable;
    this.isInstant = type.kind === "timestamp" && type.unit === "ms";
    this.isBigint =
      type.kind === "timestamp" ? !this.isInstant : "as" in type && type.as === "bigint";
    [this.low, this.high] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    if (type.kind === "uint64") this.low = 0;
    if (this.keeping === keepsIntegers) [this.low, this.high] = integerRange(type.kind);
    [this.precision, this.scale] = type.kind === "decimal" ? [type.precision, type.scale] : [0, 0];
    this.allowed = type.kind === "enum" ? type.values.flatMap(plainBytes) : [];
    const fields = this.keeping >= keepsLists ? childFields(field) : [];
    this.children = fields.map((child) => new ValueColumn(child, undefined, capacity));
    this.capacity = 0;
    this.reserveRows(capacity);
  }

  /** Makes room for rows up to `capacity`; for items, whoever writes them does. */
  reserveRows(capacity: number): void {
    if (capacity <= this.capacity) return;
    const grownCapacity = Math.max(capacity, this.capacity * 2);
    this.isValid = grow(this.isValid, new Uint8Array(grownCapacity));
    switch (this.keeping) {
      case keepsNumbers:
      case keepsIntegers:
      case keepsDates:
        this.numbers = grow(this.numbers, new Float64Array(grownCapacity));
        break;
      case keepsWide:
        this.halves = grow(this.halves, new Int32Array(grownCapacity * 2));
        break;
      case keepsDecimals:
        this.words = grow(this.words, new Uint32Array(grownCapacity * 4));
        break;
      case keepsBooleans:
        this.booleans = grow(this.booleans, new Uint8Array(grownCapacity));
        break;
      case keepsRows:
        for (const child of this.children) child.reserveRows(grownCapacity);
        break;
      case keepsText:
      case keepsEnum:
      case keepsBytes:
      case keepsLists:
      case keepsMaps:
        this.offsets = grow(this.offsets, new Int32Array(grownCapacity + 1));
    }
    this.capacity = grownCapacity;
  }

  /** Makes room for `size` bytes of text after those of the rows before `row`. */
  reserveText(row: number, size: number): void {
    switch (this.keeping) {
      case keepsRows:
        for (const child of this.children) child.reserveText(row, size);
        return;
      case keepsLists:
      case keepsMaps:
        for (const child of this.children) child.reserveText(this.offsets[row]!, size);
        return;
      case keepsText:
      case keepsEnum:
      case keepsBytes: {
        const needed = this.offsets[row]! + size;
        if (needed <= this.text.length) return;
        this.text = grow(this.text, new Uint8Array(Math.max(needed, this.text.length * 2)));
        this.textView = new DataView(this.text.buffer);
      }
    }
  }

  setNull(row: number): void {
    this.isValid[row] = 0;
    this.hasNull = true;
    this.#clear(row);
  }

  /** Writes what a type has for nothing: 0, false, no bytes, no items. Not for rows. */
  setZero(row: number): void {
    this.isValid[row] = 1;
    this.#clear(row);
  }

  #clear(row: number): void {
    switch (this.keeping) {
      case keepsText:
      case keepsEnum:
      case keepsBytes:
      case keepsLists:
      case keepsMaps:
        this.offsets[row + 1] = this.offsets[row]!;
        break;
      case keepsWide:
        this.halves[row * 2] = 0;
        this.halves[row * 2 + 1] = 0;
        break;
      case keepsDecimals:
        this.words.fill(0, row * 4, row * 4 + 4);
        break;
      case keepsBooleans:
        this.booleans[row] = 0;
        break;
      case keepsPlain:
        this.#plain[row] = null;
        break;
      case keepsRows:
        for (const child of this.children) child.setNull(row);
        break;
      default:
        this.numbers[row] = 0;
    }
  }

  setWide(row: number, value: number): void {
    this.halves[row * 2] = value;
    this.halves[row * 2 + 1] = Math.floor(value / two32);
  }

  /** Writes a signed 64-bit integer by its halves; false when it does not fit. */
  setHalves(row: number, low: number, high: number): boolean {
    if (this.low === 0 && high < 0) return false;
    if (!this.isBigint && (high < -0x20_0000 || high > 0x1f_ffff)) return false;
    if (!this.isBigint && high === -0x20_0000 && low === 0) return false;
    this.halves[row * 2] = low;
    this.halves[row * 2 + 1] = high;
    return true;
  }

  /** Writes the unscaled value of a decimal, a whole number within ±(2^53 − 1). */
  setUnscaled(row: number, unscaled: number): void {
    const high = Math.floor(unscaled / two32);
    const rest = high < 0 ? -1 : 0;
    const at = row * 4;
    this.words[at] = unscaled;
    this.words[at + 1] = high;
    this.words[at + 2] = rest;
    this.words[at + 3] = rest;
  }

  /** Writes a plain value that is known to fit, or null. */
  set(row: number, value: unknown): void {
    if (value === null) return this.setNull(row);
    this.isValid[row] = 1;
    switch (this.keeping) {
      case keepsText:
      case keepsEnum:
        return this.#setText(row, value as string);
      case keepsBytes:
        return this.#setBytes(row, value as Uint8Array);
      case keepsWide:
        if (typeof value === "number") return this.setWide(row, value);
        this.halves[row * 2] = Number(BigInt.asIntN(32, value as bigint));
        this.halves[row * 2 + 1] = Number(BigInt.asIntN(32, (value as bigint) >> 32n));
        return;
      case keepsDecimals:
        return writeDecimalWords(this.words, row * 4, (value as Decimal).unscaled);
      case keepsBooleans:
        this.booleans[row] = value === true ? 1 : 0;
        return;
      case keepsPlain:
        this.#plain[row] = value;
        return;
      case keepsLists:
      case keepsMaps:
      case keepsRows:
        return this.#setNested(row, value as object);
      default:
        this.numbers[row] = value as number;
    }
  }

  #setText(row: number, text: string): void {
    this.reserveText(row, text.length * 3);
    const start = this.offsets[row]!;
    const { written } = encoder.encodeInto(text, this.text.subarray(start));
    this.offsets[row + 1] = start + written;
  }

  #setBytes(row: number, bytes: Uint8Array): void {
    this.reserveText(row, bytes.length);
    this.text.set(bytes, this.offsets[row]!);
    this.offsets[row + 1] = this.offsets[row]! + bytes.length;
  }

  #setNested(row: number, value: object): void {
    if (this.keeping === keepsRows) {
      for (const child of this.children) {
        child.set(row, (value as Record<string, unknown>)[child.field.name]);
      }
      return;
    }
    const isMap = this.keeping === keepsMaps;
    const entries = isMap ? Object.entries(value) : (value as unknown[]).map((item) => [item]);
    const first = this.offsets[row]!;
    const end = first + entries.length;
    for (const [i, child] of this.children.entries()) {
      child.reserveRows(end);
      for (const [k, entry] of entries.entries()) child.set(first + k, entry[i]);
    }
    this.offsets[row + 1] = end;
  }

  /** The plain value of a row, of a column that keeps those. */
  plainAt(row: number): unknown {
    return this.#plain[row];
  }

  /** The first `count` rows, copied; the column is empty afterwards. */
  finish(count: number): Data {
    const arrowType = this.#arrowType;
    if (this.keeping === keepsPlain) return this.#finishPlain(count);
    const nullBitmap = this.hasNull ? packValidity(this.isValid, count) : undefined;
    this.hasNull = false;
    switch (this.keeping) {
      case keepsText:
      case keepsEnum:
      case keepsBytes: {
        const valueOffsets = this.offsets.slice(0, count + 1);
        const values = this.text.slice(0, valueOffsets[count]!);
        return newColumn(arrowType, count, { values, valueOffsets, nullBitmap });
      }
      case keepsWide: {
        const { buffer } = this.halves.slice(0, count * 2);
        const isUnsigned = this.field.type.kind === "uint64";
        const values = isUnsigned ? new BigUint64Array(buffer) : new BigInt64Array(buffer);
        return newColumn(arrowType, count, { values, nullBitmap });
      }
      case keepsDecimals: {
        const values = this.words.slice(0, count * 4);
        return newColumn(arrowType, count, { values, nullBitmap });
      }
      case keepsBooleans: {
        const values = packBits(this.booleans, count);
        return newColumn(arrowType, count, { values, nullBitmap });
      }
      case keepsRows: {
        const children = this.children.map((child) => child.finish(count));
        return newColumn(arrowType, count, { children, nullBitmap });
      }
      case keepsLists:
      case keepsMaps: {
        const valueOffsets = this.offsets.slice(0, count + 1);
        const children = this.#finishItems(valueOffsets[count]!);
        return newColumn(arrowType, count, { valueOffsets, children, nullBitmap });
      }
      default: {
        const values = new (arrowType.ArrayType as Float64ArrayConstructor)(count);
        values.set(this.numbers.subarray(0, count));
        return newColumn(arrowType, count, { values, nullBitmap });
      }
    }
  }

  #finishItems(count: number): Data[] {
    const children = this.children.map((child) => child.finish(count));
    if (this.keeping === keepsLists) return children;
    const entryType = this.#arrowType.children[0]!.type as ArrowType;
    return [newColumn(entryType, count, { children })];
  }

  #finishPlain(count: number): Data {
    const builder = columnBuilder(this.field.type, count, this.field.name);
    for (let row = 0; row < count; row++) builder.append(this.#plain[row]);
    this.#plain = [];
    return builder.finish();
  }
}

/** Lets the numbers of reads, `writtenIn`, begin anew. */
export function forgetReads(columns: readonly ValueColumn[]): void {
  for (const column of columns) {
    column.writtenIn = 0;
    forgetReads(column.children);
  }
}

function plainBytes(value: string): Uint8Array[] {
  const bytes = encoder.encode(value);
  return bytes.some((byte) => byte < 32 || byte === 34 || byte === 92) ? [] : [bytes];
}

function grow<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
