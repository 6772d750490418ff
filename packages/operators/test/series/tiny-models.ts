import type { Detector, Forecaster, ModelRegistry } from "@millrace/core";

/**
 * Compares each value with the mean of the series so far. Slots: count, sum, last time; then room
 * for a page more.
 */
const runningMean: Detector = {
  kind: "running-mean",
  slots: 40,
  update(state, points, out) {
    for (let i = 0; i < points.count; i += 1) {
      const series = points.series[i] as number;
      const at = series * state.slots;
      const count = state.values[at] as number;
      const value = points.value[i] as number;
      if (count > 0) {
        const mean = (state.values[at + 1] as number) / count;
        out.expected[i] = mean;
        out.score[i] = Math.min(1, Math.abs(value - mean) / 100);
        out.threshold[i] = 0.5;
        const isAnomaly = Math.abs(value - mean) > 50;
        out.isAnomaly[i] = isAnomaly ? 1 : 0;
        out.severity[i] = isAnomaly ? 3 : 0;
        out.reasons[i] = isAnomaly ? (value > mean ? 1 : 2) : 0;
      }
      if (Number.isNaN(value)) continue;
      state.values[at] = count + 1;
      state.values[at + 1] = (state.values[at + 1] as number) + value;
      state.values[at + 39] = points.time[i] as number;
      for (const slot of [0, 1, 39]) state.touch(series, slot);
    }
  },
};

/** Says the last value, with the number of points as half width. */
const lastValue: Forecaster = {
  kind: "last-value",
  slots: 2,
  update(state, points) {
    for (let i = 0; i < points.count; i += 1) {
      const series = points.series[i] as number;
      const value = points.value[i] as number;
      if (Number.isNaN(value)) continue;
      const at = series * state.slots;
      state.values[at] = (state.values[at] as number) + 1;
      state.values[at + 1] = value;
      state.touch(series, 0);
    }
  },
  forecast(state, { series, steps, quantileLevels }, out) {
    const count = state.values[series * state.slots] as number;
    if (count === 0) return false;
    const last = state.values[series * state.slots + 1] as number;
    for (let step = 0; step < steps; step += 1) {
      out.mean[step] = last;
      for (const [k, level] of quantileLevels.entries()) {
        (out.quantiles[k] as Float64Array)[step] = last + count * (level - 0.5) * 2;
      }
    }
    return true;
  },
};

export const tinyModels: ModelRegistry = {
  detectors: { "running-mean": () => runningMean },
  forecasters: { "last-value": () => lastValue },
};
