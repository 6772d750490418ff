import {
  type ForecastColumns,
  type Forecaster,
  days,
  hours,
  isMillraceError,
  minutes,
  type SeriesPoints,
} from "@millrace/core";
import { memorySeriesState, modelRegistry, theta, type ThetaOptions } from "@millrace/models";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { thetaForecast } from "../../src/forecasters/theta-forecast.ts";
import { RecordingSeriesState } from "../recording-series-state.ts";
import { hour, hourlyWave, points, roughPoints, slicePoints, start } from "../series-points.ts";

function hourly(options: ThetaOptions = {}): Forecaster {
  const descriptor = theta(options);
  return modelRegistry.forecasters[descriptor.kind]!(descriptor.options, { stepMs: hour });
}

function columns(steps: number, levels: number): ForecastColumns {
  return {
    mean: new Float64Array(steps),
    quantiles: Array.from({ length: levels }, () => new Float64Array(steps)),
  };
}

const levels = [0.1, 0.5, 0.9];

/**
 * Forecast of series 0, `atHour` hours after the start; undefined where the series is too short.
 */
function forecastAt(
  forecaster: Forecaster,
  all: SeriesPoints,
  atHour: number,
  steps: number,
): ForecastColumns | undefined {
  const state = memorySeriesState(forecaster.slots);
  state.ensure(3);
  forecaster.update(state, all);
  const out = columns(steps, levels.length);
  const originTime = start + atHour * hour;
  const request = { series: 0, originTime, steps, quantileLevels: levels };
  return forecaster.forecast(state, request, out) ? out : undefined;
}

describe("theta", () => {
  it("describes a forecaster as plain data", () => {
    const descriptor = theta({ season: hours(24), gaps: "zero", nonNegative: true });
    expect(descriptor).toEqual({
      role: "forecaster",
      kind: "theta",
      options: {
        seasonMs: 86_400_000,
        historyMs: null,
        gaps: "zero",
        isNonNegative: true,
        stepMs: null,
      },
    });
  });

  it.each([
    ["season", () => theta({ season: hours(0) })],
    ["gaps", () => theta({ gaps: "skip" as "zero" })],
    ["step", () => modelRegistry.forecasters["theta"]!(theta().options, { stepMs: undefined })],
    ["season", () => hourly({ season: minutes(90) })],
    ["history", () => hourly({ history: hours(2) })],
    ["history", () => hourly({ history: days(10_000) })],
  ])("refuses a wrong `%s` and names it", (name, build) => {
    try {
      build();
      expect.unreachable("the option is out of its range");
    } catch (error) {
      expect(isMillraceError(error) && error.code).toBe("PLAN_ARGUMENT_INVALID");
      expect(String(error)).toContain(`\`${name}\``);
    }
  });
});

describe("thetaForecaster", () => {
  it("says no while a series is too short, and leaves the output alone", () => {
    expect(forecastAt(hourly(), hourlyWave(3, 1), 3, 2)).toBeUndefined();
    expect(forecastAt(hourly(), hourlyWave(0, 1), 3, 2)).toBeUndefined();
    expect(forecastAt(hourly(), hourlyWave(4, 1), 4, 2)).toBeDefined();
  });

  it("forecasts what the pure function forecasts from the same values", () => {
    const all = hourlyWave(24 * 8, 2);
    const out = forecastAt(hourly({ season: hours(24) }), all, all.count, 30)!;
    const pure = thetaForecast(all.value, 24, 30, levels);
    expect(pure.seasonality).toBe("multiplicative");
    expect(out.mean).toEqual(pure.mean);
    expect(out.quantiles).toEqual(pure.quantiles);
  });

  it("follows the season of a wave", () => {
    const out = forecastAt(hourly({ season: hours(24) }), hourlyWave(24 * 8, 3), 24 * 8, 24)!;
    expect(Math.abs(out.mean[6]! - 70)).toBeLessThan(5);
    expect(Math.abs(out.mean[18]! - 30)).toBeLessThan(5);
  });

  it("looks at nothing at or after the origin", () => {
    const all = hourlyWave(24 * 9, 4);
    const early = slicePoints(all, 0, 24 * 6);
    // A history that still reaches back over the later points, so that both see the same values.
    const forecaster = hourly({ season: hours(24), history: days(20) });
    expect(forecastAt(forecaster, all, 24 * 6, 12)).toEqual(
      forecastAt(forecaster, early, 24 * 6, 12),
    );
  });

  it("keeps no more than its history", () => {
    const all = hourlyWave(400, 5);
    const forecaster = hourly({ history: hours(100) });
    const out = forecastAt(forecaster, all, 400, 5)!;
    expect(out.mean).toEqual(thetaForecast(all.value.slice(300), 1, 5, levels).mean);
  });

  it("takes a gap as zero when told that nothing happened", () => {
    const rows = [0, 1, 4, 5].map((at) => [0, start + at * hour, 10] as const);
    const out = forecastAt(hourly({ gaps: "zero" }), points(rows), 7, 3)!;
    const filled = Float64Array.of(10, 10, 0, 0, 10, 10, 0);
    expect(out.mean).toEqual(thetaForecast(filled, 1, 3, levels).mean);
  });

  it("draws a line over a gap otherwise, and forecasts over one before the origin", () => {
    const rows = [0, 1, 4, 5].map((at) => [0, start + at * hour, 10 + at] as const);
    const out = forecastAt(hourly(), points(rows), 8, 3)!;
    const filled = Float64Array.of(10, 11, 12, 13, 14, 15);
    expect(out.mean).toEqual(thetaForecast(filled, 1, 5, levels).mean.slice(2));
  });

  it("treats a missing value as a gap", () => {
    const rows = [10, 11, Number.NaN, 13, 14].map((v, at) => [0, start + at * hour, v] as const);
    const out = forecastAt(hourly(), points(rows), 5, 2)!;
    const filled = Float64Array.of(10, 11, 12, 13, 14);
    expect(out.mean).toEqual(thetaForecast(filled, 1, 2, levels).mean);
  });

  it("ignores late and duplicate points", () => {
    const rows = [10, 12, 11, 13, 12].map((v, at) => [0, start + at * hour, v] as const);
    const noisy = [...rows, [0, start + 4 * hour, 900] as const, [0, start + hour, 900] as const];
    expect(forecastAt(hourly(), points(noisy), 5, 2)).toEqual(
      forecastAt(hourly(), points(rows), 5, 2),
    );
  });

  it("gives up on a series silent for longer than its history", () => {
    expect(forecastAt(hourly(), hourlyWave(50, 6), 51, 2)).toBeDefined();
    expect(forecastAt(hourly(), hourlyWave(50, 6), 500, 2)).toBeUndefined();
  });

  it("cuts off below zero for counts", () => {
    const rows = [9, 7, 5, 3, 1, 0, 0].map((v, at) => [0, start + at * hour, v] as const);
    const open = forecastAt(hourly(), points(rows), 7, 8)!;
    const cut = forecastAt(hourly({ nonNegative: true }), points(rows), 7, 8)!;
    expect(Math.min(...open.mean)).toBeLessThan(0);
    expect(Math.min(...cut.mean, ...cut.quantiles[0]!)).toBe(0);
  });

  it("gives the same state however the points are cut into batches and restarts", () => {
    const all = roughPoints(2_000, 7);
    const forecaster = hourly({ season: hours(24) });
    const whole = memorySeriesState(forecaster.slots);
    whole.ensure(3);
    forecaster.update(whole, all);
    const cuts = fc.array(fc.nat({ max: all.count }), { maxLength: 6 });
    fc.assert(
      fc.property(cuts, (given) => {
        let state = memorySeriesState(forecaster.slots);
        state.ensure(3);
        let from = 0;
        for (const to of [...given, all.count].sort((a, b) => a - b)) {
          hourly({ season: hours(24) }).update(state, slicePoints(all, from, to));
          state = memorySeriesState(forecaster.slots, state.values);
          from = to;
        }
        expect(state.values).toEqual(whole.values);
      }),
      { seed: 2, numRuns: 10 },
    );
  });

  it("touches every slot that it changes", () => {
    const forecaster = hourly({ season: hours(24) });
    const state = new RecordingSeriesState(forecaster.slots);
    state.ensure(3);
    const all = roughPoints(2_000, 8);
    for (let from = 0; from < all.count; from += 20) {
      const before = state.values.slice();
      state.touched.clear();
      forecaster.update(state, slicePoints(all, from, from + 20));
      expect(state.untouchedChanges(before)).toEqual([]);
    }
  });
});
