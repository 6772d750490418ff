import { assert } from "@millrace/core";

/** A quantile of a sketch is within this share of the true value. */
export const relativeAccuracy = 0.01;

const gamma = (1 + relativeAccuracy) / (1 - relativeAccuracy);
const inverseLogGamma = 1 / Math.log(gamma);

/** Indexes of positive float64 values are within ±37,300, so this keeps the three ranges apart. */
const bias = 40_000;
const infinityBucket = 2 * bias;

/**
 * The bucket of a value, an int32 that grows with the value: negative values, then 0, then positive
 * values.
 *
 * Bucket `i` of the positive values covers (γ^(i−1), γ^i] with γ = (1 + α) / (1 − α), α = 0.01.
 * ±Infinity have a bucket of their own. NaN has none.
 *
 * **Source** Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
 * relative-error guarantees", VLDB 2019, section 2.1.
 */
export function bucketOf(value: number): number {
  if (value > 0) {
    return value === Infinity
      ? infinityBucket
      : Math.ceil(Math.log(value) * inverseLogGamma) + bias;
  }
  if (value < 0) {
    return value === -Infinity
      ? -infinityBucket
      : -(Math.ceil(Math.log(-value) * inverseLogGamma) + bias);
  }
  return 0;
}

/** The value that stands for a bucket: within 1 % of each value in it. Inverse of `bucketOf`. */
export function bucketValue(bucket: number): number {
  if (bucket === 0) return 0;
  const magnitude = Math.abs(bucket);
  if (magnitude === infinityBucket) return bucket > 0 ? Infinity : -Infinity;
  // 2γ^i / (γ + 1), with the power last so that the largest float64 does not overflow.
  const value = (2 / (gamma + 1)) * Math.exp((magnitude - bias) / inverseLogGamma);
  const finite = Math.max(Number.MIN_VALUE, Math.min(Number.MAX_VALUE, value));
  return bucket > 0 ? finite : -finite;
}

/**
 * Quantiles of a stream of numbers within 1 % of the true value, merged in any order with the same
 * result.
 *
 * Bounded: at most 80,001 buckets, in practice a few hundred. NaN is left out.
 */
export class DDSketch {
  readonly #counts = new Map<number, number>();
  #count = 0;

  /** Values seen. */
  get count(): number {
    return this.#count;
  }

  /** Buckets and their counts, ascending. */
  buckets(): readonly (readonly [bucket: number, count: number])[] {
    return [...this.#counts].toSorted((left, right) => left[0] - right[0]);
  }

  add(value: number): void {
    if (!Number.isNaN(value)) this.addBucket(bucketOf(value), 1);
  }

  /** Adds `count` values of a bucket. */
  addBucket(bucket: number, count: number): void {
    assert(count >= 0, "a bucket's count is not negative");
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
    this.#count += count;
  }

  /** Takes in another sketch, as if its values had been added here. */
  merge(other: DDSketch): void {
    for (const [bucket, count] of other.#counts) this.addBucket(bucket, count);
  }

  /**
   * The value at rank ⌊q · (n − 1)⌋ (0-based) within 1 %; NaN when empty.
   *
   * **Cost** O(buckets · log buckets).
   */
  quantile(q: number): number {
    assert(q >= 0 && q <= 1, "a quantile is in [0, 1]");
    const rank = Math.floor(q * (this.#count - 1));
    let seen = 0;
    for (const [bucket, count] of this.buckets()) {
      seen += count;
      if (seen > rank) return bucketValue(bucket);
    }
    return Number.NaN;
  }
}
