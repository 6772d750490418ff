import { assert, limits, type SeriesState } from "@millrace/core";

/**
 * Keeps the state of many series in memory, for using a model without any stream.
 *
 * **State** `slots × 8` bytes a series; grows by doubling; at most `limits.seriesMax` series
 * **Cost**  `ensure` is amortised O(slots) per new series; `touch` is free
 *
 * @param slots the model's `slots`, a whole number ≥ 1
 * @param values a copy of an earlier state's `values`, to continue from it
 */
export function memorySeriesState(slots: number, values?: Float64Array): SeriesState {
  return new MemorySeriesState(slots, values?.slice() ?? new Float64Array(0));
}

class MemorySeriesState implements SeriesState {
  readonly slots: number;
  values: Float64Array;

  constructor(slots: number, values: Float64Array) {
    assert(Number.isSafeInteger(slots) && slots >= 1, "a series has at least one slot");
    assert(values.length % slots === 0, "the values hold whole series");
    this.slots = slots;
    this.values = values;
  }

  ensure(seriesCount: number): void {
    assert(seriesCount <= limits.seriesMax, "the number of series is within its limit");
    const needed = seriesCount * this.slots;
    if (needed <= this.values.length) return;
    const doubled = Math.ceil(this.values.length / this.slots) * 2;
    const grown = new Float64Array(Math.max(seriesCount, doubled) * this.slots);
    grown.set(this.values);
    this.values = grown;
  }

  touch(): void {
    // Nobody snapshots this state by pages, so changes need no record.
  }
}
