// The models against the same methods as one writes them first: objects, arrays and Map.
import type { ForecastColumns, SeriesPoints } from "@millrace/core";
import {
  detectionColumns,
  memorySeriesState,
  modelRegistry,
  seasonal,
  theta,
  thetaForecast,
} from "@millrace/models";
import { hours } from "millrace";
import { compareAll, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";
import { detectPlainly } from "./models/plain-seasonal.ts";
import { forecastPlainly } from "./models/plain-theta.ts";

const seriesCount = 50;
const pointsPerSeries = 24 * 7 * 8;
const count = seriesCount * pointsPerSeries;
const stepMs = 3_600_000;
const period = 168;
const levels = [0.1, 0.9];

function valueAt(series: number, step: number): number {
  const noise = (Math.imul(series * 7_919 + step, 0x9e3779b1) >>> 0) / 2 ** 32;
  return 20 + 10 * Math.sin((2 * Math.PI * step) / 24) + 3 * Math.sin(step / 27) + 5 * noise;
}

const points: SeriesPoints = {
  count,
  series: Int32Array.from({ length: count }, (_, i) => i % seriesCount),
  time: Float64Array.from({ length: count }, (_, i) => Math.floor(i / seriesCount) * stepMs),
  value: Float64Array.from({ length: count }, (_, i) =>
    valueAt(i % seriesCount, Math.floor(i / seriesCount)),
  ),
};
const objects = Array.from({ length: count }, (_, i) => ({
  series: points.series[i] as number,
  time: points.time[i] as number,
  value: points.value[i] as number,
}));

const detectorOptions = seasonal({ period: hours(period) }).options;
const forecasterOptions = theta({ season: hours(period) }).options;
const out = detectionColumns(count);

function detect(): void {
  const detector = modelRegistry.detectors["seasonal"]?.(detectorOptions, { stepMs });
  if (detector === undefined) throw new Error("the detector is registered");
  const state = memorySeriesState(detector.slots);
  state.ensure(seriesCount);
  detector.update(state, points, out);
}

const forecaster = modelRegistry.forecasters["theta"]?.(forecasterOptions, { stepMs });
if (forecaster === undefined) throw new Error("the forecaster is registered");
const forecasterState = memorySeriesState(forecaster.slots);
forecasterState.ensure(seriesCount);
forecaster.update(forecasterState, points);
const forecast: ForecastColumns = {
  mean: new Float64Array(48),
  quantiles: levels.map(() => new Float64Array(48)),
};

function forecastAll(): void {
  const originTime = pointsPerSeries * stepMs;
  for (let series = 0; series < seriesCount; series += 1) {
    const request = { series, originTime, steps: 48, quantileLevels: levels };
    forecaster?.forecast(forecasterState, request, forecast);
  }
}

const histories = Array.from({ length: seriesCount }, (_, series) =>
  Array.from({ length: pointsPerSeries }, (__, step) => valueAt(series, step)),
);

/** The two must agree, or comparing them means nothing. */
function assertSameForecast(): void {
  const [history] = histories;
  if (history === undefined) return;
  const ours = thetaForecast(Float64Array.from(history), period, 48, []).mean;
  forecastPlainly(history, period, 48).forEach((value, h) => {
    if (Math.abs(value - (ours[h] as number)) > 1e-3 * Math.abs(value)) {
      throw new Error(`step ${h}: ${ours[h]} and ${value} differ`);
    }
  });
}

assertSameForecast();
const lines = await compareAll([
  {
    case: "seasonal",
    count,
    unit: "ns/point",
    ours: detect,
    against: "mean and deviation per phase in a Map (a simpler method)",
    baseline: () => keep(detectPlainly(objects, stepMs, period)),
  },
  {
    case: "theta, 1,344 points, period 168",
    count: seriesCount,
    unit: "µs/forecast",
    ours: forecastAll,
    against: "the equations over arrays",
    baseline: () => {
      for (const history of histories) keep(forecastPlainly(history, period, 48));
    },
  },
]);
printLines("models", lines);
