import { columnBuilder, newColumn } from "@millrace/columnar";
import { type DataType, type FieldType, toArrowType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { integerRange } from "./from-json.ts";
import { parseIsoBytes } from "./iso-time.ts";

/**
 * A column being decoded, written by row index: a row may be written again (after a fast path gave
 * up half-way), and only rows 0 … count − 1 of `finish` are kept. Rows must be written in order.
 *
 * The `set…` methods with a claim as result return false when the value does not fit, or when only
 * the general path can tell; the row's content is then undefined.
 */
export interface RowColumn {
  setNull(row: number): void;
  setBoolean(row: number, value: boolean): boolean;
  setNumber(row: number, value: number): boolean;
  /** UTF-8 text without escapes; copied. */
  setText(row: number, bytes: Uint8Array, from: number, to: number): boolean;
  /** A plain value that is known to fit, or null. */
  set(row: number, value: unknown): void;
  finish(count: number): Data;
}

/** The column for a field; grows from `capacity` rows. */
export function rowColumn(field: FieldType, capacity: number): RowColumn {
  const { type } = field;
  switch (type.kind) {
    case "utf8":
    case "enum":
      return new TextColumn(type, capacity);
    case "boolean":
      return new BooleanColumn(type, capacity);
    case "int64":
    case "uint64":
    case "timestamp":
    case "duration":
      return new WideColumn(type, capacity);
    case "decimal":
    case "binary":
    case "json":
    case "list":
    case "map":
    case "row":
      return new GeneralColumn(field);
    default:
      return new NumberColumn(type, capacity);
  }
}

abstract class FlaggedColumn {
  protected readonly type: DataType;
  protected isValid: Uint8Array;
  /** Rows flagged null since the last `finish`; 0 saves making a bitmap. */
  protected hasNull = false;

  constructor(type: DataType, capacity: number) {
    this.type = type;
    this.isValid = new Uint8Array(Math.max(capacity, 16));
  }

  protected abstract grow(capacity: number): void;

  protected reserve(row: number): void {
    if (row < this.isValid.length) return;
    const grown = new Uint8Array(Math.max(row + 1, this.isValid.length * 2));
    grown.set(this.isValid);
    this.isValid = grown;
    this.grow(grown.length);
  }

  protected bitmap(count: number): Uint8Array | undefined {
    if (!this.hasNull) return undefined;
    this.hasNull = false;
    const bits = new Uint8Array(((count + 63) >> 6) << 3);
    for (let row = 0; row < count; row++) bits[row >> 3]! |= this.isValid[row]! << (row & 7);
    return bits;
  }

  setBoolean(_row: number, _value: boolean): boolean {
    return false;
  }
  setNumber(_row: number, _value: number): boolean {
    return false;
  }
  setText(_row: number, _bytes: Uint8Array, _from: number, _to: number): boolean {
    return false;
  }
}

class BooleanColumn extends FlaggedColumn implements RowColumn {
  #values = new Uint8Array(this.isValid.length);

  protected grow(capacity: number): void {
    const grown = new Uint8Array(capacity);
    grown.set(this.#values);
    this.#values = grown;
  }
  setNull(row: number): void {
    this.reserve(row);
    this.isValid[row] = 0;
    this.#values[row] = 0;
    this.hasNull = true;
  }
  override setBoolean(row: number, value: boolean): boolean {
    this.reserve(row);
    this.isValid[row] = 1;
    this.#values[row] = value ? 1 : 0;
    return true;
  }
  set(row: number, value: unknown): void {
    if (value === null) this.setNull(row);
    else this.setBoolean(row, value as boolean);
  }
  finish(count: number): Data {
    const values = new Uint8Array(((count + 63) >> 6) << 3);
    for (let row = 0; row < count; row++) values[row >> 3]! |= this.#values[row]! << (row & 7);
    return newColumn(toArrowType(this.type), count, { values, nullBitmap: this.bitmap(count) });
  }
}

class NumberColumn extends FlaggedColumn implements RowColumn {
  readonly #isFloat = this.type.kind === "float32" || this.type.kind === "float64";
  readonly #range = this.type.kind === "date" ? [1, 0] : integerRange(this.type.kind);
  readonly #low = this.#range[0]!;
  readonly #high = this.#range[1]!;
  #values = new Float64Array(this.isValid.length);

  protected grow(capacity: number): void {
    const grown = new Float64Array(capacity);
    grown.set(this.#values);
    this.#values = grown;
  }
  setNull(row: number): void {
    this.reserve(row);
    this.isValid[row] = 0;
    this.#values[row] = 0;
    this.hasNull = true;
  }
  override setNumber(row: number, value: number): boolean {
    if (!this.#isFloat) {
      if (!(value >= this.#low && value <= this.#high) || Math.floor(value) !== value) return false;
    }
    this.reserve(row);
    this.isValid[row] = 1;
    this.#values[row] = value;
    return true;
  }
  set(row: number, value: unknown): void {
    if (value === null) return this.setNull(row);
    this.reserve(row);
    this.isValid[row] = 1;
    this.#values[row] = value as number;
  }
  finish(count: number): Data {
    const arrowType = toArrowType(this.type);
    const ArrayType = arrowType.ArrayType as Float64ArrayConstructor;
    const values = new ArrayType(count);
    values.set(this.#values.subarray(0, count));
    return newColumn(arrowType, count, { values, nullBitmap: this.bitmap(count) });
  }
}

const two32 = 4_294_967_296;

class WideColumn extends FlaggedColumn implements RowColumn {
  readonly #low = this.type.kind === "uint64" ? 0 : Number.MIN_SAFE_INTEGER;
  readonly #isInstant = this.type.kind === "timestamp" && this.type.unit === "ms";
  #values = new BigInt64Array(this.isValid.length);
  #halves = new Int32Array(this.#values.buffer);

  protected grow(capacity: number): void {
    const grown = new BigInt64Array(capacity);
    grown.set(this.#values);
    this.#values = grown;
    this.#halves = new Int32Array(grown.buffer);
  }
  setNull(row: number): void {
    this.#write(row, 0);
    this.isValid[row] = 0;
    this.hasNull = true;
  }
  #write(row: number, value: number): void {
    this.reserve(row);
    this.isValid[row] = 1;
    const high = Math.floor(value / two32);
    this.#halves[row * 2] = value - high * two32;
    this.#halves[row * 2 + 1] = high;
  }
  override setNumber(row: number, value: number): boolean {
    if (!Number.isSafeInteger(value) || value < this.#low) return false;
    this.#write(row, value);
    return true;
  }
  override setText(row: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (!this.#isInstant) return false;
    const ms = parseIsoBytes(bytes, from, to);
    if (ms !== ms) return false;
    this.#write(row, ms);
    return true;
  }
  set(row: number, value: unknown): void {
    if (value === null) this.setNull(row);
    else if (typeof value === "number") this.#write(row, value);
    else {
      this.reserve(row);
      this.isValid[row] = 1;
      this.#values[row] = value as bigint;
    }
  }
  finish(count: number): Data {
    const copy = this.#values.slice(0, count);
    const values = this.type.kind === "uint64" ? new BigUint64Array(copy.buffer) : copy;
    return newColumn(toArrowType(this.type), count, { values, nullBitmap: this.bitmap(count) });
  }
}

const encoder = new TextEncoder();

class TextColumn extends FlaggedColumn implements RowColumn {
  readonly #allowed: readonly Uint8Array[] | undefined =
    this.type.kind === "enum" ? this.type.values.map((v) => encoder.encode(v)) : undefined;
  #offsets = new Int32Array(this.isValid.length + 1);
  #bytes = new Uint8Array(this.isValid.length * 8);

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity + 1);
    grown.set(this.#offsets);
    this.#offsets = grown;
  }
  #reserveBytes(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
  setNull(row: number): void {
    this.reserve(row);
    this.isValid[row] = 0;
    this.#offsets[row + 1] = this.#offsets[row]!;
    this.hasNull = true;
  }
  override setText(row: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#allowed !== undefined && !isAllowed(this.#allowed, bytes, from, to)) return false;
    this.reserve(row);
    this.isValid[row] = 1;
    const start = this.#offsets[row]!;
    const end = start + to - from;
    this.#reserveBytes(end);
    const target = this.#bytes;
    // A native copy of few bytes costs more than a loop.
    if (to - from > 64) target.set(bytes.subarray(from, to), start);
    else for (let at = from, into = start; at < to; at++, into++) target[into] = bytes[at]!;
    this.#offsets[row + 1] = end;
    return true;
  }
  set(row: number, value: unknown): void {
    if (value === null) return this.setNull(row);
    const text = value as string;
    this.reserve(row);
    this.isValid[row] = 1;
    const start = this.#offsets[row]!;
    this.#reserveBytes(start + text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(start));
    this.#offsets[row + 1] = start + written;
  }
  finish(count: number): Data {
    const valueOffsets = this.#offsets.slice(0, count + 1);
    const values = this.#bytes.slice(0, valueOffsets[count]!);
    const nullBitmap = this.bitmap(count);
    return newColumn(toArrowType(this.type), count, { values, valueOffsets, nullBitmap });
  }
}

function isAllowed(
  allowed: readonly Uint8Array[],
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  for (const value of allowed) {
    if (value.length !== to - from) continue;
    let at = 0;
    while (at < value.length && value[at] === bytes[from + at]) at++;
    if (at === value.length) return true;
  }
  return false;
}

/** Nested and rare types: plain values gathered first. */
class GeneralColumn implements RowColumn {
  readonly #field: FieldType;
  #values: unknown[] = [];

  constructor(field: FieldType) {
    this.#field = field;
  }
  setNull(row: number): void {
    this.#values[row] = null;
  }
  setBoolean(): boolean {
    return false;
  }
  setNumber(): boolean {
    return false;
  }
  setText(): boolean {
    return false;
  }
  set(row: number, value: unknown): void {
    this.#values[row] = value;
  }
  finish(count: number): Data {
    const builder = columnBuilder(this.#field.type, count, this.#field.name);
    for (let row = 0; row < count; row++) builder.append(this.#values[row]);
    this.#values = [];
    return builder.finish();
  }
}
