import type { Random } from "@millrace/core";

/** A median with the bounds between which it lies in 95 of 100 cases. */
export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const resamples = 10_000;

/** The middle value, or the mean of the two in the middle; NaN of nothing. O(n log n). */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [below = Number.NaN, at = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? at : (below + at) / 2;
}

/**
 * The median with its bootstrap interval of 95 % by percentiles (Efron, "Bootstrap Methods: Another
 * Look at the Jackknife", 1979), from 10,000 samples. Of fewer than three values nothing can be
 * said: the bounds are −Infinity and Infinity.
 */
export function medianInterval(values: readonly number[], random: Random): Interval {
  const middle = median(values);
  if (values.length < 3) return { median: middle, low: -Infinity, high: Infinity };
  const medians = Array.from({ length: resamples }, () =>
    median(values.map(() => values[Math.floor(random.next() * values.length)] as number)),
  ).toSorted((a, b) => a - b);
  const at = (share: number): number => medians[Math.round(share * (resamples - 1))] as number;
  return { median: middle, low: at(0.025), high: at(0.975) };
}
