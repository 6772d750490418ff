import { columnBuilder, valueReader } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { FloatCells } from "./float-cells.ts";
import { numberColumn } from "./number-column.ts";

/** Limbs of 32 bits: 2^-1074 is the lowest bit, 2^1024 and its carries are above the highest. */
const limbCount = 67;
/** Additions until a limb of 53 bits might be full: each brings less than 2^32. */
const additionsMax = 2 ** 20;
const limbSize = 2 ** 32;

const floatView = new Float64Array(1);
const wordView = new Uint32Array(floatView.buffer);
const bytesType: DataType = { kind: "binary", nullable: true };
const readBytes = valueReader(bytesType);

/** Slots beside the limbs: rows; additions since carries were last moved; NaN, +∞ and −∞. */
const width = 5;

/**
 * The sum of floats rounded once, at the end: the same bits in whatever order the values come, and
 * after values have been taken back.
 *
 * Each group has a fixed-point number of 2,144 bits, in which every float64 has its place. A result
 * beyond the range of float64 is infinite. The sum of no more than negative zeros is 0.
 *
 * **State** 576 bytes a group
 * **Cost**  three additions per row
 * **Source** Kulisch, Miranker, "The arithmetic of the digital computer: a new approach", SIAM
 * Review 28, 1986 (the long accumulator); Neal, "Fast exact summation using small and large
 * superaccumulators", 2015 (limbs with delayed carries)
 */
export class ExactFloatSumAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[];
  readonly #cells = new FloatCells(["count", "pending", "nan", "infinite", "negative"]);
  readonly #type: DataType;
  #limbs = new Float64Array(0);

  constructor(type: DataType) {
    this.#type = type;
    this.stateFields = [...this.#cells.fields, { name: "limbs", type: bytesType }];
  }

  ensure(count: number): void {
    this.#cells.ensure(count);
    if (this.#limbs.length >= count * limbCount) return;
    const grown = new Float64Array(Math.max(count * limbCount, this.#limbs.length * 2));
    grown.set(this.#limbs);
    this.#limbs = grown;
  }

  add(input: AggregateRows): void {
    const { values, rows, groups, count, weights } = input;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const group = groups[i] as number;
      const weight = weights === undefined ? 1 : (weights[row] as number);
      const value = values[row] as number;
      const at = group * width;
      this.#cells.values[at] = (this.#cells.values[at] as number) + weight;
      if (!Number.isFinite(value)) {
        const slot = at + (value !== value ? 2 : value > 0 ? 3 : 4);
        this.#cells.values[slot] = (this.#cells.values[slot] as number) + weight;
        continue;
      }
      const times = Math.abs(weight);
      for (let k = 0; k < times; k += 1) this.#addOne(group, weight < 0 ? -value : value);
    }
  }

  #addOne(group: number, value: number): void {
    floatView[0] = value;
    const top = wordView[1] as number;
    const low = wordView[0] as number;
    const sign = top >>> 31 === 1 ? -1 : 1;
    const exponent = (top >>> 20) & 0x7ff;
    const high = exponent === 0 ? top & 0xfffff : (top & 0xfffff) | 0x100000;
    // The mantissa's lowest bit is worth 2^(shift − 1074).
    const shift = exponent === 0 ? 0 : exponent - 1;
    const bits = shift & 31;
    const at = group * limbCount + (shift >> 5);
    const lowWord = bits === 0 ? low : (low << bits) >>> 0;
    const middle = bits === 0 ? 0 : low >>> (32 - bits);
    const highLow = bits === 0 ? high : (high << bits) >>> 0;
    const highHigh = bits === 0 ? 0 : high >>> (32 - bits);
    const limbs = this.#limbs;
    limbs[at] = (limbs[at] as number) + sign * lowWord;
    limbs[at + 1] = (limbs[at + 1] as number) + sign * (middle + highLow);
    limbs[at + 2] = (limbs[at + 2] as number) + sign * highHigh;
    this.#count(group, 2);
  }

  /** Moves carries before a limb could leave the exact range. */
  #count(group: number, additions: number): void {
    const cells = this.#cells.values;
    const at = group * width + 1;
    cells[at] = (cells[at] as number) + additions;
    if ((cells[at] as number) >= additionsMax) this.#carry(group);
  }

  #carry(group: number): void {
    const limbs = this.#limbs;
    let carry = 0;
    for (let at = group * limbCount; at < (group + 1) * limbCount; at += 1) {
      const value = (limbs[at] as number) + carry;
      const isLast = at === (group + 1) * limbCount - 1;
      carry = isLast ? 0 : Math.floor(value / limbSize);
      limbs[at] = value - carry * limbSize;
    }
    this.#cells.values[group * width + 1] = 1;
  }

  merge(other: ExactFloatSumAccumulator, groups: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      if (group < 0) continue;
      other.#carry(i);
      for (const slot of [0, 2, 3, 4]) {
        const at = group * width + slot;
        const own = this.#cells.values[at] as number;
        this.#cells.values[at] = own + (other.#cells.values[i * width + slot] as number);
      }
      for (let limb = 0; limb < limbCount; limb += 1) {
        const at = group * limbCount + limb;
        const own = this.#limbs[at] as number;
        this.#limbs[at] = own + (other.#limbs[i * limbCount + limb] as number);
      }
      this.#count(group, 1);
    }
  }

  #resultOf(group: number): number {
    const at = group * width;
    const cells = this.#cells.values;
    const hasInfinite = (cells[at + 3] as number) > 0;
    const hasNegative = (cells[at + 4] as number) > 0;
    if ((cells[at + 2] as number) > 0 || (hasInfinite && hasNegative)) return Number.NaN;
    if (hasInfinite) return Infinity;
    if (hasNegative) return -Infinity;
    let sum = 0n;
    for (let limb = limbCount - 1; limb >= 0; limb -= 1) {
      sum = (sum << 32n) + BigInt(this.#limbs[group * limbCount + limb] as number);
    }
    return roundedFloat(sum);
  }

  result(groups: Int32Array, count: number): Data {
    const out = new Float64Array(count);
    const isValid = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      if ((this.#cells.values[group * width] as number) <= 0) continue;
      isValid[i] = 1;
      out[i] = this.#resultOf(group);
    }
    return numberColumn(this.#type, out, count, isValid);
  }

  stateColumns(groups: Int32Array, count: number): Data[] {
    const builder = columnBuilder(bytesType, count);
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      this.#carry(group);
      const limbs = this.#limbs.slice(group * limbCount, (group + 1) * limbCount);
      builder.append(new Uint8Array(limbs.buffer));
    }
    return [...this.#cells.columns(groups, count), builder.finish()];
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    this.#cells.restore(columns.slice(0, width), groups, count);
    for (let i = 0; i < count; i += 1) {
      // Copied, as the bytes of a column need not be aligned to 8.
      const bytes = (readBytes(columns[width] as Data, i) as Uint8Array).slice();
      this.#limbs.set(new Float64Array(bytes.buffer), (groups[i] as number) * limbCount);
    }
  }

  get sizeBytes(): number {
    return this.#cells.sizeBytes + this.#limbs.byteLength;
  }
}

/** The float64 nearest to `units` · 2^-1074, ties to even. */
function roundedFloat(units: bigint): number {
  const magnitude = units < 0n ? -units : units;
  const sign = units < 0n ? -1 : 1;
  const length = magnitude.toString(2).length;
  // Up to 53 bits there is nothing to round.
  if (length <= 53) return sign * Number(magnitude) * Number.MIN_VALUE;
  const shift = Math.max(0, length - 64);
  // The last of 64 bits also says whether anything was cut off, so that a tie is seen as one.
  const cut = magnitude >> BigInt(shift);
  const hasRest = cut << BigInt(shift) !== magnitude;
  const rounded = Number(hasRest ? cut | 1n : cut);
  const exponent = shift - 1074;
  const half = Math.floor(exponent / 2);
  return sign * rounded * 2 ** half * 2 ** (exponent - half);
}
