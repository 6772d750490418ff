import type { SeriesState } from "@millrace/core";

/** A state that remembers which slots were touched, to hold them against what really changed. */
export class RecordingSeriesState implements SeriesState {
  readonly slots: number;
  values: Float64Array = new Float64Array(0);
  readonly touched: Set<number> = new Set();

  constructor(slots: number) {
    this.slots = slots;
  }

  ensure(seriesCount: number): void {
    if (seriesCount * this.slots <= this.values.length) return;
    const grown = new Float64Array(seriesCount * this.slots);
    grown.set(this.values);
    this.values = grown;
  }

  touch(series: number, slot: number): void {
    this.touched.add(series * this.slots + slot);
  }

  /** Slots that differ from `before` and were not touched. */
  untouchedChanges(before: Float64Array): number[] {
    const changes: number[] = [];
    for (let i = 0; i < this.values.length; i++) {
      if (!Object.is(this.values[i], before[i]) && !this.touched.has(i)) changes.push(i);
    }
    return changes;
  }
}
