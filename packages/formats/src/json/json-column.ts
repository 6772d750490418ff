import { columnBuilder, newColumn } from "@millrace/columnar";
import { type DataType, type FieldType, toArrowType } from "@millrace/core";
import type { Data, DataType as ArrowType } from "apache-arrow";
import type { ColumnCheck } from "../value/column-checks.ts";
import { integerRange } from "../value/from-json.ts";

// How a column keeps its values, which is also how its JSON is read. Numbers, to switch on.

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
/** Plain values: nested and rare types, and every column with a check. */
const keepsPlain = 7;

function keepingOf(type: DataType): number {
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
    case "binary":
    case "json":
    case "list":
    case "map":
    case "row":
      return keepsPlain;
    default:
      return keepsIntegers;
  }
}

const encoder = new TextEncoder();
const two32 = 4_294_967_296;
const noBytes = new Uint8Array(0);

/**
 * A column being decoded, written by row index, in order; a row may be written again after a try
 * that failed, and only rows 0 … count − 1 of `finish` are kept.
 *
 * One class for all types, with its arrays in the open: the record reader's loop then meets one
 * shape only, and calls nothing per value. Arrays that a type does not use are empty.
 */
export class JsonColumn {
  readonly field: FieldType;
  readonly check: ColumnCheck | undefined;
  readonly keeping: number;
  readonly isNullable: boolean;
  /** Whether text may be an ISO time of milliseconds. */
  readonly isInstant: boolean;
  /** Least and greatest whole number that fits. */
  readonly low: number;
  readonly high: number;
  /** The values of an enum as they stand in JSON; those that need escapes are left out. */
  readonly allowed: readonly Uint8Array[];
  /** The read in which the column was last written: tells missing and repeated members. */
  writtenIn = 0;
  capacity: number;
  numbers: Float64Array = new Float64Array(0);
  /** 64-bit integers, low half first. */
  halves: Int32Array = new Int32Array(0);
  /** Per row 0 or 1. */
  booleans: Uint8Array = noBytes;
  offsets: Int32Array = new Int32Array(1);
  text: Uint8Array = noBytes;
  textView: DataView = new DataView(noBytes.buffer);
  /** Per row 0 or 1; all are 1 as long as `hasNull` is false. */
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
    [this.low, this.high] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    if (type.kind === "uint64") this.low = 0;
    if (this.keeping === keepsIntegers) [this.low, this.high] = integerRange(type.kind);
    this.allowed = type.kind === "enum" ? type.values.flatMap(plainBytes) : [];
    this.capacity = 0;
    this.reserveRows(capacity);
  }

  /** Makes room for rows up to `capacity`. */
  reserveRows(capacity: number): void {
    if (capacity <= this.capacity) return;
    const grownCapacity = Math.max(capacity, this.capacity * 2);
    this.isValid = grow(this.isValid, new Uint8Array(grownCapacity).fill(1));
    switch (this.keeping) {
      case keepsNumbers:
      case keepsIntegers:
      case keepsDates:
        this.numbers = grow(this.numbers, new Float64Array(grownCapacity));
        break;
      case keepsWide:
        this.halves = grow(this.halves, new Int32Array(grownCapacity * 2));
        break;
      case keepsBooleans:
        this.booleans = grow(this.booleans, new Uint8Array(grownCapacity));
        break;
      case keepsText:
      case keepsEnum:
        this.offsets = grow(this.offsets, new Int32Array(grownCapacity + 1));
    }
    this.capacity = grownCapacity;
  }

  /** Makes room for `size` bytes of text after those of the rows before `row`. */
  reserveText(row: number, size: number): void {
    if (this.keeping !== keepsText && this.keeping !== keepsEnum) return;
    const needed = this.offsets[row]! + size;
    if (needed <= this.text.length) return;
    this.text = grow(this.text, new Uint8Array(Math.max(needed, this.text.length * 2)));
    this.textView = new DataView(this.text.buffer);
  }

  setNull(row: number): void {
    this.isValid[row] = 0;
    this.hasNull = true;
    switch (this.keeping) {
      case keepsText:
      case keepsEnum:
        this.offsets[row + 1] = this.offsets[row]!;
        break;
      case keepsWide:
        this.halves[row * 2] = 0;
        this.halves[row * 2 + 1] = 0;
        break;
      case keepsBooleans:
        this.booleans[row] = 0;
        break;
      case keepsPlain:
        this.#plain[row] = null;
        break;
      default:
        this.numbers[row] = 0;
    }
  }

  setWide(row: number, value: number): void {
    this.halves[row * 2] = value;
    this.halves[row * 2 + 1] = Math.floor(value / two32);
  }

  /** Writes a plain value that is known to fit, or null. */
  set(row: number, value: unknown): void {
    if (value === null) return this.setNull(row);
    switch (this.keeping) {
      case keepsText:
      case keepsEnum:
        return this.#setText(row, value as string);
      case keepsWide:
        if (typeof value === "number") return this.setWide(row, value);
        this.halves[row * 2] = Number(BigInt.asIntN(32, value as bigint));
        this.halves[row * 2 + 1] = Number(BigInt.asIntN(32, (value as bigint) >> 32n));
        return;
      case keepsBooleans:
        this.booleans[row] = value === true ? 1 : 0;
        return;
      case keepsPlain:
        this.#plain[row] = value;
        return;
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

  /** The first `count` rows, copied; the column is empty afterwards. */
  finish(count: number): Data {
    const arrowType = this.#arrowType;
    if (this.keeping === keepsPlain) return this.#finishPlain(count);
    const nullBitmap = this.hasNull ? packBits(this.isValid, count) : undefined;
    if (this.hasNull) this.isValid.fill(1);
    this.hasNull = false;
    switch (this.keeping) {
      case keepsText:
      case keepsEnum: {
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
      case keepsBooleans: {
        const values = packBits(this.booleans, count);
        return newColumn(arrowType, count, { values, nullBitmap });
      }
      default: {
        const values = new (arrowType.ArrayType as Float64ArrayConstructor)(count);
        values.set(this.numbers.subarray(0, count));
        return newColumn(arrowType, count, { values, nullBitmap });
      }
    }
  }

  #finishPlain(count: number): Data {
    const builder = columnBuilder(this.field.type, count, this.field.name);
    for (let row = 0; row < count; row++) builder.append(this.#plain[row]);
    this.#plain = [];
    return builder.finish();
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

function packBits(flags: Uint8Array, count: number): Uint8Array {
  const bits = new Uint8Array(((count + 63) >> 6) << 3);
  for (let row = 0; row < count; row++) bits[row >> 3]! |= flags[row]! << (row & 7);
  return bits;
}
