import type { DataType } from "@millrace/core";
import { toArrowType } from "@millrace/core";
import { type Data, type DataType as ArrowType, Type } from "apache-arrow";
import { packBits, packValidity, unpackBits, validityOf } from "../column/bitmap.ts";
import { int64Halves, newColumn } from "../column/new-column.ts";
import { decodeDictionary } from "../column/take-column.ts";

const none = new Int32Array(0);

/** One fixed-size key column of a group table: every value as `stride` 32-bit words. */
export class WordsKey {
  readonly stride: number;
  /** Words of group g from g · stride. */
  words: Int32Array = none;
  /** 1 per group whose key is null. */
  nulls: Uint8Array = new Uint8Array(0);
  /** Whether some group's key is null; if not, `nulls` need not be read. */
  hasNull = false;
  /** Words of the rows of the loaded column. */
  view: Int32Array = none;
  /** 0|1 per row of the loaded column, undefined when no row is null. */
  isValid: Uint8Array | undefined;
  #loaded: Data | undefined;
  readonly #type: ArrowType;

  constructor(type: DataType) {
    this.#type = toArrowType(type);
    this.stride = strideOf(this.#type);
  }

  load(column: Data): void {
    if (column === this.#loaded) return;
    const data = decodeDictionary(column);
    this.view = wordsOf(data);
    this.isValid = validityOf(data);
    this.#loaded = column;
  }

  unload(): void {
    this.#loaded = undefined;
    this.isValid = undefined;
    this.view = none;
  }

  reserve(capacity: number): void {
    const words = new Int32Array(capacity * this.stride);
    words.set(this.words);
    this.words = words;
    const nulls = new Uint8Array(capacity);
    nulls.set(this.nulls);
    this.nulls = nulls;
  }

  isEqual(row: number, group: number): boolean {
    const isNull = this.isValid !== undefined && this.isValid[row] === 0;
    if (isNull || this.nulls[group] === 1) return isNull && this.nulls[group] === 1;
    const { stride, view, words } = this;
    for (let i = 0; i < stride; i++) {
      if (view[row * stride + i] !== words[group * stride + i]) return false;
    }
    return true;
  }

  insert(row: number, group: number): void {
    if (this.isValid !== undefined && this.isValid[row] === 0) {
      this.nulls[group] = 1;
      this.hasNull = true;
      return;
    }
    const { stride } = this;
    for (let i = 0; i < stride; i++) {
      this.words[group * stride + i] = this.view[row * stride + i]!;
    }
  }

  take(groups: Int32Array, count: number): Data {
    const { stride, words } = this;
    const taken = new Int32Array(count * stride);
    for (let i = 0; i < count; i++) {
      const from = groups[i]! * stride;
      for (let word = 0; word < stride; word++) taken[i * stride + word] = words[from + word]!;
    }
    const values = valuesOfWords(this.#type, taken);
    if (!this.hasNull) return newColumn(this.#type, count, { values });
    const isValid = Uint8Array.from({ length: count }, (_, i) => 1 - this.nulls[groups[i]!]!);
    return newColumn(this.#type, count, { values, nullBitmap: packValidity(isValid, count) });
  }

  get sizeBytes(): number {
    return this.words.byteLength + this.nulls.byteLength;
  }
}

function strideOf(type: ArrowType): number {
  if (type.typeId === Type.Decimal) return 4;
  if (type.typeId === Type.Float) return 2;
  if (type.typeId === Type.Bool) return 1;
  return (type.ArrayType as Int32ArrayConstructor).BYTES_PER_ELEMENT === 8 ? 2 : 1;
}

function wordsOf(data: Data): Int32Array {
  const values: unknown = data.values;
  if (data.typeId === Type.Bool) {
    const bits = unpackBits(values as Uint8Array, data.offset, data.length);
    return Int32Array.from(bits);
  }
  if (data.typeId === Type.Float) return floatWords(values as Float64Array, data.length);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    return int64Halves(values);
  }
  if (values instanceof Int32Array) return values;
  if (values instanceof Uint32Array) {
    return new Int32Array(values.buffer, values.byteOffset, values.length);
  }
  return Int32Array.from(values as Int16Array);
}

/** Float64 bits, with −0 as 0 and one NaN, so that equal keys have equal words. */
function floatWords(values: Float64Array, length: number): Int32Array {
  const canonical = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    const value = values[row]!;
    canonical[row] = value === 0 ? 0 : value === value ? value : NaN;
  }
  return new Int32Array(canonical.buffer);
}

function valuesOfWords(type: ArrowType, words: Int32Array): unknown {
  if (type.typeId === Type.Bool) return packBits(Uint8Array.from(words), words.length);
  if (type.typeId === Type.Decimal) return new Uint32Array(words.buffer);
  const ArrayType = type.ArrayType as Int32ArrayConstructor;
  if (type.typeId === Type.Float) {
    const values = new Float64Array(words.buffer);
    return ArrayType === (Float64Array as unknown) ? values : new ArrayType(values);
  }
  return ArrayType.BYTES_PER_ELEMENT >= 4 ? new ArrayType(words.buffer) : new ArrayType(words);
}
