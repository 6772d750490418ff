/** Width of a bucket: values are known to about 1 %. */
const base = Math.log(1.01);
const smallest = 1e-3;

/** Counts values in buckets that are 1 % wide, so that any number of them takes little memory. */
export class Histogram {
  readonly #counts: number[] = [];
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  get max(): number {
    return this.#max;
  }

  /** Values below 0.001 count as that. */
  add(value: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(value / smallest) / base));
    const at = Number.isFinite(bucket) ? bucket : 0;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, value);
  }

  /** The value that a share of all values does not exceed; NaN without values. */
  quantile(share: number): number {
    let left = share * this.#count;
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0 && this.#count > 0)
        return Math.min(smallest * Math.exp(bucket * base), this.#max);
    }
    return Number.NaN;
  }
}
