import { newColumn } from "@millrace/columnar";
import { type DataType, toArrowType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { ColumnPlan } from "./column-plan.ts";

/** A vector of a DuckDB chunk, as far as it is read here. */
export interface ChunkVector {
  readonly items?: BigInt64Array | Float64Array;
  readonly dataView?: DataView;
  readonly validity: { readonly data: BigUint64Array | null };
  getItem(row: number): unknown;
}

/** A value that does not fit: its row in the column gathered, and its text. */
interface MisfitValue {
  readonly row: number;
  readonly value: string;
}

/** Gathers chunks into one Arrow column of at most `capacity` rows. */
export interface GatheredColumn {
  /** Appends the first `count` rows; tells the first value that does not fit. */
  append(vector: ChunkVector, count: number): MisfitValue | undefined;
  finish(): Data;
}

/** The column for a plan. */
export function gatheredColumn(plan: ColumnPlan, capacity: number): GatheredColumn {
  if (plan.from === "text") return new GatheredText(plan, capacity);
  return new GatheredNumbers(plan, capacity);
}

abstract class Gathered {
  protected readonly plan: ColumnPlan;
  protected readonly type: DataType;
  protected readonly bits: Uint8Array;
  protected length = 0;
  #hasNull = false;

  constructor(plan: ColumnPlan, capacity: number) {
    this.plan = plan;
    this.type = plan.field.type;
    this.bits = new Uint8Array(((capacity + 63) >> 6) << 3);
  }

  /** Validity bytes of the vector, or undefined when all its rows are valid. */
  protected validityOf(vector: ChunkVector): Uint8Array | undefined {
    const { data } = vector.validity;
    return data === null
      ? undefined
      : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }

  /** Copies validity; tells the first null where none may be. */
  protected copyValidity(validity: Uint8Array | undefined, count: number): MisfitValue | undefined {
    for (let row = 0; row < count; row++) {
      const into = this.length + row;
      if (validity === undefined || ((validity[row >> 3]! >> (row & 7)) & 1) === 1) {
        this.bits[into >> 3]! |= 1 << (into & 7);
      } else {
        if (!this.type.nullable) return { row: into, value: "null" };
        this.#hasNull = true;
      }
    }
    return undefined;
  }

  protected nullBitmap(): Uint8Array | undefined {
    return this.#hasNull ? this.bits : undefined;
  }
}

const two32 = 4_294_967_296;

/** The least and the greatest value that a column of whole numbers can hold. */
export function wholeNumberBounds(type: DataType): readonly [number, number] {
  if (type.kind === "boolean") return [0, 1];
  const bits = Number(/\d+$/.exec(type.kind)?.[0] ?? 64);
  if (bits === 64) {
    const low = type.kind === "uint64" ? 0 : Number.MIN_SAFE_INTEGER;
    const isBigint =
      type.kind === "timestamp" ? type.unit !== "ms" : "as" in type && type.as === "bigint";
    return isBigint
      ? [type.kind === "uint64" ? 0 : -Infinity, Infinity]
      : [low, Number.MAX_SAFE_INTEGER];
  }
  return type.kind.startsWith("u") ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

class GatheredNumbers extends Gathered implements GatheredColumn {
  readonly #arrowType = toArrowType(this.type);
  readonly #values: Float64Array | BigInt64Array | Uint8Array;
  /** The values as Int32 halves, for 64-bit whole numbers. */
  readonly #halves: Int32Array | undefined;

  constructor(plan: ColumnPlan, capacity: number) {
    super(plan, capacity);
    const ArrayType =
      this.type.kind === "boolean"
        ? Uint8Array
        : (this.#arrowType.ArrayType as Float64ArrayConstructor);
    this.#values = new ArrayType(capacity);
    const isWide = this.#arrowType.ArrayType.BYTES_PER_ELEMENT === 8 && plan.from === "whole";
    this.#halves =
      isWide && this.type.kind !== "boolean" ? new Int32Array(this.#values.buffer) : undefined;
  }

  append(vector: ChunkVector, count: number): MisfitValue | undefined {
    const validity = this.validityOf(vector);
    const misfit =
      this.copyValidity(validity, count) ??
      (this.plan.from === "float"
        ? this.#appendFloats(vector.items as Float64Array, count)
        : this.#appendWhole(vector.items as BigInt64Array, validity, count));
    this.length += count;
    return misfit;
  }

  #appendFloats(items: Float64Array, count: number): undefined {
    (this.#values as Float64Array).set(items.subarray(0, count), this.length);
  }

  #appendWhole(
    items: BigInt64Array,
    validity: Uint8Array | undefined,
    count: number,
  ): MisfitValue | undefined {
    const { divisor, factor } = this.plan;
    const [low, high] = wholeNumberBounds(this.type);
    if (factor !== 1 || low === -Infinity) return this.#appendBigints(items, validity, count);
    const from = new Int32Array(items.buffer, items.byteOffset, items.length * 2);
    const values = this.#values as Float64Array;
    const halves = this.#halves;
    for (let row = 0, into = this.length; row < count; row++, into++) {
      const wide = from[row * 2 + 1]! * two32 + (from[row * 2]! >>> 0);
      const value = divisor === 1 ? wide : Math.floor(wide / divisor);
      if (value < low || value > high || (divisor !== 1 && value * divisor !== wide)) {
        const isNull = validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0;
        if (isNull) continue;
        return { row: into, value: String(items[row]) };
      }
      if (halves === undefined) values[into] = value;
      else if (divisor === 1) {
        halves[into * 2] = from[row * 2]!;
        halves[into * 2 + 1] = from[row * 2 + 1]!;
      } else {
        const top = Math.floor(value / two32);
        halves[into * 2] = value - top * two32;
        halves[into * 2 + 1] = top;
      }
    }
    return undefined;
  }

  /** Rare: values beyond ±2^53, or a unit finer than the file's. */
  #appendBigints(
    items: BigInt64Array,
    validity: Uint8Array | undefined,
    count: number,
  ): MisfitValue | undefined {
    const divisor = BigInt(this.plan.divisor);
    const factor = BigInt(this.plan.factor);
    const values = this.#values as BigInt64Array;
    for (let row = 0; row < count; row++) {
      if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue;
      const item = items[row]!;
      const value = (item * factor) / divisor;
      if (value * divisor !== item * factor || BigInt.asIntN(64, value) !== value) {
        return { row: this.length + row, value: String(item) };
      }
      values[this.length + row] = value;
    }
    return undefined;
  }

  finish(): Data {
    const { length } = this;
    const values = this.type.kind === "boolean" ? this.#packed() : this.#values.subarray(0, length);
    return newColumn(this.#arrowType, length, { values, nullBitmap: this.nullBitmap() });
  }

  #packed(): Uint8Array {
    const bits = new Uint8Array(((this.length + 63) >> 6) << 3);
    const values = this.#values as Uint8Array;
    for (let row = 0; row < this.length; row++) bits[row >> 3]! |= values[row]! << (row & 7);
    return bits;
  }
}

const encoder = new TextEncoder();
/** Strings of at most this many bytes lie within their 16-byte struct. */
const inlineBytesMax = 12;

class GatheredText extends Gathered implements GatheredColumn {
  readonly #offsets: Int32Array;
  #bytes: Uint8Array;
  readonly #allowed: ReadonlySet<string> | undefined =
    this.type.kind === "enum" ? new Set(this.type.values) : undefined;

  constructor(plan: ColumnPlan, capacity: number) {
    super(plan, capacity);
    this.#offsets = new Int32Array(capacity + 1);
    this.#bytes = new Uint8Array(capacity * 12);
  }

  append(vector: ChunkVector, count: number): MisfitValue | undefined {
    const validity = this.validityOf(vector);
    const nullMisfit = this.copyValidity(validity, count);
    if (nullMisfit !== undefined) return nullMisfit;
    const view = vector.dataView!;
    const from = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const isPlain = this.type.kind === "utf8";
    let end = this.#offsets[this.length]!;
    for (let row = 0; row < count; row++) {
      const isNull = validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0;
      if (!isNull) {
        const at = row * 16;
        const size =
          from[at]! | (from[at + 1]! << 8) | (from[at + 2]! << 16) | (from[at + 3]! << 24);
        if (isPlain && size <= inlineBytesMax) {
          this.#reserve(end + inlineBytesMax);
          const bytes = this.#bytes;
          for (let i = 0; i < size; i++) bytes[end + i] = from[at + 4 + i]!;
          end += size;
        } else {
          const text = vector.getItem(row) as string;
          if (!this.#isAllowed(text)) return { row: this.length + row, value: text };
          this.#reserve(end + text.length * 3);
          end += encoder.encodeInto(text, this.#bytes.subarray(end)).written;
        }
      }
      this.#offsets[this.length + row + 1] = end;
    }
    this.length += count;
    return undefined;
  }

  #isAllowed(text: string): boolean {
    if (this.type.kind !== "json") return this.#allowed?.has(text) !== false;
    try {
      JSON.parse(text);
      return true;
    } catch {
      // The caller reports the text as a value that does not fit.
      return false;
    }
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  finish(): Data {
    const valueOffsets = this.#offsets.subarray(0, this.length + 1);
    const values = this.#bytes.subarray(0, valueOffsets[this.length]!);
    const nullBitmap = this.nullBitmap();
    return newColumn(toArrowType(this.type), this.length, { values, valueOffsets, nullBitmap });
  }
}
