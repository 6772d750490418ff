import { readDecimalWords } from "@millrace/columnar";
import type { Data } from "apache-arrow";
import { type CopyTarget, FixedWriter } from "./field-writer.ts";

// A numeric is: count of digits, weight of the first one, sign and scale (16 bits each), and its
// digits to the base 10,000, which the decimal point lies between two of. Leading zeros are
// allowed, so every number of a column has as many digits as the longest one.

const base = 10_000;
const headBytes = 8;
const negative = 0x4000;
/** Below it a number times 1000 is exact. */
const exactMax = 2 ** 43;

/** Exact numbers of a precision and scale: 128 bits, or unsigned 64 bits of scale 0. */
export class NumericWriter extends FixedWriter {
  readonly #digits: number;
  readonly #weight: number;
  readonly #scale: number;
  /** 10 to the power of the decimals that the last digit has too many. */
  readonly #shift: number;
  readonly #isUnsigned: boolean;
  #words: Uint32Array = new Uint32Array(0);

  constructor(precision: number, scale: number, isUnsigned = false) {
    const after = Math.ceil(scale / 4);
    const digits = Math.ceil((precision - scale) / 4) + after;
    super(headBytes + digits * 2);
    this.#digits = digits;
    this.#weight = digits - after - 1;
    this.#scale = scale;
    this.#shift = 10 ** (after * 4 - scale);
    this.#isUnsigned = isUnsigned;
  }

  override open(data: Data): void {
    super.open(data);
    const { buffer, byteOffset, byteLength } = data.values as Uint32Array;
    this.#words = new Uint32Array(buffer, byteOffset, byteLength / 4);
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    for (let i = 0; i < count; i++) {
      if (this.isNull(from + i)) continue;
      const end = places[i]!;
      const small = this.#smallValue(from + i);
      const isNegative = small === undefined ? this.#writeLarge(view, end, from + i) : small < 0;
      if (small !== undefined) this.#writeDigits(view, end, Math.abs(small) * this.#shift);
      const at = end - this.#digits * 2 - headBytes;
      view.setInt16(at, this.#digits);
      view.setInt16(at + 2, this.#weight);
      view.setInt16(at + 4, isNegative ? negative : 0);
      view.setInt16(at + 6, this.#scale);
    }
  }

  /** The unscaled value if it is below 2^43 and above −2^43: nearly always. */
  #smallValue(row: number): number | undefined {
    const words = this.#words;
    const at = row * (this.#isUnsigned ? 2 : 4);
    const low = words[at]!;
    const upper = this.#isUnsigned ? words[at + 1]! : words[at + 1]! | 0;
    if (!this.#isUnsigned) {
      const sign = upper >> 31;
      if ((words[at + 2]! | 0) !== sign || (words[at + 3]! | 0) !== sign) return undefined;
    }
    const value = upper * 2 ** 32 + low;
    return value < exactMax && value > -exactMax ? value : undefined;
  }

  /** Writes the digits that end before `end`. */
  #writeDigits(view: DataView, end: number, value: number): void {
    let rest = value;
    for (let at = end - 2, digit = this.#digits; digit > 0; digit--, at -= 2) {
      const higher = Math.floor(rest / base);
      view.setInt16(at, rest - higher * base);
      rest = higher;
    }
  }

  /** As above by way of bigints. @returns whether the number is negative */
  #writeLarge(view: DataView, end: number, row: number): boolean {
    const words = this.#words;
    const value = this.#isUnsigned
      ? (BigInt(words[row * 2 + 1]!) << 32n) | BigInt(words[row * 2]!)
      : readDecimalWords(words, row * 4);
    let rest = (value < 0n ? -value : value) * BigInt(this.#shift);
    for (let at = end - 2, digit = this.#digits; digit > 0; digit--, at -= 2) {
      view.setInt16(at, Number(rest % 10_000n));
      rest /= 10_000n;
    }
    return value < 0n;
  }
}
