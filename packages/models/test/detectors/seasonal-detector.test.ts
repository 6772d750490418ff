import {
  type DetectionColumns,
  type Detector,
  days,
  hours,
  type SeriesPoints,
  type SeriesState,
} from "@millrace/core";
import {
  detectionColumns,
  memorySeriesState,
  modelRegistry,
  seasonal,
  type SeasonalOptions,
} from "@millrace/models";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordingSeriesState } from "../recording-series-state.ts";
import { hour, hourlyWave, points, roughPoints, slicePoints, start } from "../series-points.ts";

function daily(options: Partial<SeasonalOptions> = {}): Detector {
  const descriptor = seasonal({ period: hours(24), ...options });
  return modelRegistry.detectors[descriptor.kind]!(descriptor.options, { stepMs: hour });
}

function run(detector: Detector, all: SeriesPoints, state?: SeriesState): DetectionColumns {
  const used = state ?? memorySeriesState(detector.slots);
  used.ensure(3);
  const out = detectionColumns(all.count);
  detector.update(used, all, out);
  return out;
}

function changed(all: SeriesPoints, change: (value: number, i: number) => number): SeriesPoints {
  return { ...all, value: all.value.map(change) };
}

describe("seasonalDetector", () => {
  it("scores nothing before the warm-up is over, and everything after", () => {
    const out = run(daily({ warmup: 3 }), hourlyWave(24 * 10, 1));
    expect(out.score.subarray(0, 72).every(Number.isNaN)).toBe(true);
    expect(out.score.subarray(72).some(Number.isNaN)).toBe(false);
    expect(out.isAnomaly.subarray(0, 72).some((each) => each === 1)).toBe(false);
  });

  it("expects the season and calls a spike critical, above what was expected", () => {
    const at = 24 * 20 + 6;
    const wave = hourlyWave(24 * 21, 2);
    const out = run(
      daily(),
      changed(wave, (value, i) => (i === at ? value + 120 : value)),
    );
    expect(Math.abs(out.expected[at]! - 70)).toBeLessThan(5);
    expect(out.upper[at]!).toBeLessThan(90);
    expect(out.lower[at]!).toBeGreaterThan(50);
    expect([out.isAnomaly[at], out.severity[at], out.reasons[at]]).toEqual([1, 3, 1]);
    expect(out.score[at]!).toBeGreaterThan(out.threshold[at]!);
  });

  it("finds a value that is normal at another hour only", () => {
    const at = 24 * 20 + 18;
    const wave = hourlyWave(24 * 21, 2);
    const out = run(
      daily(),
      changed(wave, (value, i) => (i === at ? 70 : value)),
    );
    expect([out.isAnomaly[at], out.reasons[at]]).toEqual([1, 1]);
  });

  it("keeps anomalies out of the profile", () => {
    const wave = hourlyWave(24 * 30, 3);
    const clean = run(daily(), wave);
    const spiked = changed(wave, (value, i) =>
      i % 24 === 6 && i >= 480 && i < 552 ? 5_000 : value,
    );
    const dirty = run(daily(), spiked);
    for (let i = 24 * 26; i < wave.count; i++) {
      expect(Math.abs(dirty.expected[i]! - clean.expected[i]!)).toBeLessThan(4);
    }
  });

  it("is hardly moved by a spike when it predicts the next point", () => {
    const wave = hourlyWave(24 * 30, 11);
    const clean = run(daily(), wave);
    const dirty = run(
      daily(),
      changed(wave, (value, i) => (i === 600 ? 1e6 : value)),
    );
    expect(Math.abs(dirty.expected[601]! - clean.expected[601]!)).toBeLessThan(6);
    expect(dirty.isAnomaly[601]).toBe(clean.isAnomaly[601]);
  });

  it("goes on finding gross anomalies that are more frequent than `alpha`", () => {
    const wave = hourlyWave(24 * 200, 12);
    const isBad = (i: number): boolean => i > 480 && i % 331 === 0;
    const out = run(
      daily(),
      changed(wave, (value, i) => (isBad(i) ? value + 90 : value)),
    );
    let found = 0;
    let all = 0;
    for (let i = 0; i < wave.count; i++) {
      if (!isBad(i)) continue;
      all++;
      found += out.isAnomaly[i]!;
    }
    expect(found / all).toBeGreaterThan(0.9);
  });

  it("learns a lasting level shift in bounded time and says when", () => {
    const from = 24 * 20;
    const wave = hourlyWave(24 * 30, 4);
    const out = run(
      daily(),
      changed(wave, (value, i) => (i >= from ? value + 300 : value)),
    );
    expect(out.isAnomaly[from]).toBe(1);
    const shift = out.reasons.findIndex((reasons) => (reasons & 4) !== 0);
    expect(shift - from).toBeLessThan(10);
    const later = out.isAnomaly.subarray(shift + 1);
    expect(later.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(2);
    expect(Math.abs(out.expected[24 * 29 + 6]! - 370)).toBeLessThan(10);
  });

  it("raises about as many false alarms as `alpha` says", () => {
    let alarms = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const out = run(daily({ alpha: 0.01 }), hourlyWave(24 * 200, 100 + seed));
      alarms += out.isAnomaly.reduce((sum, each) => sum + each, 0);
    }
    const share = alarms / (10 * 24 * 198);
    expect(share).toBeGreaterThan(0.004);
    expect(share).toBeLessThan(0.02);
  });

  it("looks in one direction when told so", () => {
    const wave = hourlyWave(24 * 21, 5);
    const high = changed(wave, (value, i) => (i === 490 ? value + 100 : value));
    const out = run(daily({ direction: "below" }), high);
    expect([out.isAnomaly[490], out.pValue[490], out.upper[490]]).toEqual([0, 1, Infinity]);
    const low = run(
      daily({ direction: "below" }),
      changed(high, (v, i) => (i === 500 ? -80 : v)),
    );
    expect([low.isAnomaly[500], low.reasons[500]]).toEqual([1, 2]);
  });

  it("gives a missing value no score and the reason `missing`", () => {
    const wave = hourlyWave(24 * 10, 6);
    const out = run(
      daily(),
      changed(wave, (value, i) => (i === 200 ? Number.NaN : value)),
    );
    expect([out.score[200], out.isAnomaly[200], out.reasons[200]]).toEqual([Number.NaN, 0, 8]);
    expect(out.score[201]).not.toBeNaN();
  });

  it("scores late and duplicate points without learning from them", () => {
    const detector = daily();
    const state = memorySeriesState(detector.slots);
    run(detector, hourlyWave(24 * 10, 7), state);
    const before = state.values.slice();
    const last = start + (24 * 10 - 1) * hour;
    const out = run(
      detector,
      points([
        [0, last, 1e6],
        [0, last - 5 * hour, 50],
      ]),
      state,
    );
    expect(state.values).toEqual(before);
    expect(out.isAnomaly[0]).toBe(1);
    expect(out.score[1]).not.toBeNaN();
  });

  it("says anomaly exactly where the value lies outside the expected range", () => {
    const all = roughPoints(6_000, 8);
    const out = run(daily({ alpha: 0.01 }), all);
    let outside = 0;
    for (let i = 0; i < all.count; i++) {
      if (Number.isNaN(out.score[i]!)) continue;
      const isOutside = all.value[i]! < out.lower[i]! || all.value[i]! > out.upper[i]!;
      expect(isOutside).toBe(out.isAnomaly[i] === 1);
      expect(out.score[i]! >= 0 && out.score[i]! <= 1).toBe(true);
      outside += isOutside ? 1 : 0;
    }
    expect(outside).toBeGreaterThan(0);
  });

  it("copes with a constant series and finds its first change", () => {
    const rows = Array.from(
      { length: 24 * 8 },
      (_, i) => [0, start + i * hour, i === 180 ? 8 : 7] as const,
    );
    const out = run(daily(), points(rows));
    expect(out.isAnomaly.findIndex((each) => each === 1)).toBe(180);
    expect(out.score.subarray(48).some(Number.isNaN)).toBe(false);
  });

  it("takes 168 phases when neither step nor phases are known", () => {
    const { kind, options } = seasonal({ period: days(7) });
    const unknown = modelRegistry.detectors[kind]!(options, { stepMs: undefined });
    const hourly = modelRegistry.detectors[kind]!(options, { stepMs: hour });
    expect(unknown.slots).toBe(hourly.slots);
  });

  it("gives the same results however the points are cut into batches and restarts", () => {
    const all = roughPoints(3_000, 9);
    const detector = daily();
    const wholeState = memorySeriesState(detector.slots);
    const whole = run(detector, all, wholeState);
    const cuts = fc.array(fc.nat({ max: all.count }), { maxLength: 6 });
    fc.assert(
      fc.property(cuts, (given) => {
        const ends = [...given, all.count].sort((a, b) => a - b);
        let state = memorySeriesState(detector.slots);
        let from = 0;
        for (const to of ends) {
          const part = run(daily(), slicePoints(all, from, to), state);
          for (const name of ["score", "lower", "isAnomaly", "reasons"] as const) {
            expect(part[name]).toEqual(whole[name].subarray(from, to));
          }
          state = memorySeriesState(detector.slots, state.values);
          from = to;
        }
        expect(state.values).toEqual(wholeState.values);
      }),
      { seed: 1, numRuns: 10 },
    );
  });

  it("touches every slot that it changes", () => {
    const detector = daily();
    const state = new RecordingSeriesState(detector.slots);
    state.ensure(3);
    const all = roughPoints(12_000, 10);
    for (let from = 0; from < all.count; from += 50) {
      const before = state.values.slice();
      state.touched.clear();
      run(detector, slicePoints(all, from, from + 50), state);
      expect(state.untouchedChanges(before)).toEqual([]);
    }
  });
});
