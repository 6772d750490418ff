import { assert } from "@millrace/core";

/** A level holds this share of the one above it. */
const shrink = 2 / 3;
const levelMin = 8;
/** Numbers before the levels in the saved form: k, count, random state, least, greatest, levels. */
const headerLength = 6;

/** Settings of a KLL sketch. */
export interface KllOptions {
  /**
   * Values of the highest level, from 8 to 65,535: 200 gives ranks within about 1.7 % of the number
   * of values, four times as many halve that twice.
   */
  readonly k: number;
  /** Which of two neighbours is kept is drawn from it: one seed and one order give one sketch. */
  readonly seed: number;
}

/**
 * Quantiles within a share of the *rank*, whatever the values are like; DDSketch bounds the error
 * of the *value* instead.
 *
 * Values stand in levels; one of level h counts 2^h. A level that is full is sorted, and every
 * second of its values goes up. Up to about 3 · k values, the result is exact. Merged sketches keep
 * the bound; the order of values and merges may show within it. NaN is left out.
 *
 * **State** at most about 3 · k values and 8 more for each doubling
 * **Source** Karnin, Lang, Liberty, "Optimal quantile approximation in streams", FOCS 2016
 */
export class KllSketch {
  readonly #k: number;
  #random: number;
  #count = 0;
  #least = Infinity;
  #greatest = -Infinity;
  #levels: number[][] = [[]];
  #size = 0;

  constructor(options: KllOptions) {
    const { k, seed } = options;
    assert(Number.isInteger(k) && k >= levelMin && k <= 65_535, "k is from 8 to 65,535");
    this.#k = k;
    // Zero is where this generator would stay.
    this.#random = (seed ^ 0x9e3779b9) >>> 0 || 1;
  }

  /** Values seen. */
  get count(): number {
    return this.#count;
  }

  /** Values kept. */
  get size(): number {
    return this.#size;
  }

  add(value: number, times = 1): void {
    if (Number.isNaN(value)) return;
    for (let i = 0; i < times; i += 1) this.#addOne(value);
  }

  #addOne(value: number): void {
    this.#count += 1;
    this.#least = Math.min(this.#least, value);
    this.#greatest = Math.max(this.#greatest, value);
    (this.#levels[0] as number[]).push(value);
    this.#size += 1;
    if ((this.#levels[0] as number[]).length >= this.#capacityOf(0)) this.#compress();
  }

  /** Takes in another sketch, as if its values had been added here. */
  merge(other: KllSketch): void {
    this.#count += other.#count;
    this.#least = Math.min(this.#least, other.#least);
    this.#greatest = Math.max(this.#greatest, other.#greatest);
    for (const [height, values] of other.#levels.entries()) {
      const own = this.#levels[height];
      if (own === undefined) this.#levels[height] = values.slice();
      else for (const value of values) own.push(value);
      this.#size += values.length;
    }
    this.#compress();
  }

  #capacityOf(height: number): number {
    const depth = this.#levels.length - height - 1;
    return Math.max(levelMin, Math.ceil(this.#k * shrink ** depth));
  }

  #compress(): void {
    const room = (): number => {
      let sum = 0;
      for (let height = 0; height < this.#levels.length; height += 1) {
        sum += this.#capacityOf(height);
      }
      return sum;
    };
    while (this.#size >= room()) {
      const height = this.#levels.findIndex((v, h) => v.length >= this.#capacityOf(h));
      if (height < 0) return;
      this.#compact(height);
    }
  }

  /** Moves every second value of a level up; the smallest of an odd number stays. */
  #compact(height: number): void {
    const values = (this.#levels[height] as number[]).sort((left, right) => left - right);
    const stays = values.length % 2 === 1 ? [values.shift() as number] : [];
    const offset = this.#flip();
    const above = (this.#levels[height + 1] ??= []);
    for (let i = offset; i < values.length; i += 2) above.push(values[i] as number);
    this.#size -= values.length / 2;
    this.#levels[height] = stays;
  }

  /** 0 or 1, by xorshift32 (Marsaglia, 2003). */
  #flip(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x >>> 0;
    return this.#random & 1;
  }

  /**
   * The value at rank ⌊q · (n − 1)⌋ (0-based), within the bound on ranks; the least and the
   * greatest are exact. NaN when empty.
   *
   * **Cost** O(size · log size)
   */
  quantile(q: number): number {
    assert(q >= 0 && q <= 1, "a quantile is in [0, 1]");
    if (this.#count === 0) return Number.NaN;
    const rank = Math.floor(q * (this.#count - 1));
    if (rank === 0) return this.#least;
    if (rank === this.#count - 1) return this.#greatest;
    const weighted = this.#levels.flatMap((values, height) =>
      values.map((value) => [value, 2 ** height] as const),
    );
    weighted.sort((left, right) => left[0] - right[0]);
    let seen = 0;
    for (const [value, weight] of weighted) {
      seen += weight;
      if (seen > rank) return value;
    }
    return this.#greatest;
  }

  /** Everything, as numbers; `fromNumbers` makes an equal sketch of them. */
  toNumbers(): Float64Array {
    const { length } = this.#levels;
    const out = new Float64Array(headerLength + length + this.#size);
    out.set([this.#k, this.#count, this.#random, this.#least, this.#greatest, length]);
    let at = headerLength + length;
    for (const [height, values] of this.#levels.entries()) {
      out[headerLength + height] = values.length;
      out.set(values, at);
      at += values.length;
    }
    return out;
  }

  static fromNumbers(numbers: Float64Array): KllSketch {
    const [k, count, random, least, greatest, length] = numbers as unknown as number[];
    const sketch = new KllSketch({ k: k as number, seed: 0 });
    sketch.#count = count as number;
    sketch.#random = random as number;
    sketch.#least = least as number;
    sketch.#greatest = greatest as number;
    sketch.#levels = [];
    let at = headerLength + (length as number);
    for (let height = 0; height < (length as number); height += 1) {
      const end = at + (numbers[headerLength + height] as number);
      sketch.#levels.push([...numbers.subarray(at, end)]);
      at = end;
    }
    sketch.#size = at - headerLength - (length as number);
    return sketch;
  }
}
