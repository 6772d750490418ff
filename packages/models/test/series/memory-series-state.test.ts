import { memorySeriesState } from "@millrace/models";
import { describe, expect, it } from "vitest";

describe("memorySeriesState", () => {
  it("makes room by zeros and keeps what was there", () => {
    const state = memorySeriesState(3);
    state.ensure(1);
    state.values.set([1, 2, 3]);
    state.ensure(2);
    expect(Array.from(state.values)).toEqual([1, 2, 3, 0, 0, 0]);
  });

  it("does not shrink or move for fewer series", () => {
    const state = memorySeriesState(2);
    state.ensure(5);
    const values = state.values;
    state.ensure(3);
    expect(state.values).toBe(values);
  });

  it("continues from a copy", () => {
    const first = memorySeriesState(2);
    first.ensure(1);
    const second = memorySeriesState(2, first.values);
    second.values[0] = 9;
    expect(first.values[0]).toBe(0);
  });

  it("refuses values that do not hold whole series", () => {
    expect(() => memorySeriesState(2, new Float64Array(3))).toThrow("whole series");
  });
});
