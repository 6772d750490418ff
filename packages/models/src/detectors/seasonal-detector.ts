import {
  assert,
  assertUserInput,
  type DetectionColumns,
  type Detector,
  type Duration,
  type Json,
  type SeriesPoints,
  type SeriesState,
  type SeriesTraits,
} from "@millrace/core";
import {
  addToHistogram,
  histogramBin,
  histogramSlots,
  strangenessAt,
  tailProbability,
} from "./score-histogram.ts";
import { phasesMax, seasonal } from "./seasonal.ts";

/** Slots of a series' state; the profile follows the histogram. */
const slot = {
  /** Points learned. */
  learned: 0,
  firstTime: 1,
  lastTime: 2,
  /** What the whole profile has moved by. */
  offset: 3,
  /** Level without any season. */
  level: 4,
  /** Last residual against the base. */
  residual: 5,
  /** Mean absolute error of the prediction. */
  errorScale: 6,
  /** Mean absolute residual against the base. */
  residualScale: 7,
  /** Second moments of residuals, at lag 0 and 1. */
  moment0: 8,
  moment1: 9,
  /** Mean absolute error of the profile alone, and over how many points. */
  profileScale: 10,
  profilePoints: 11,
  /** Mean absolute error of the level alone. */
  levelScale: 12,
  /** Points of the present one-sided run, negative below; its mean residual. */
  run: 13,
  runMean: 14,
  /** Mean absolute value. */
  magnitude: 15,
  histogram: 18,
} as const;

const headerSlots = slot.histogram + histogramSlots;
/** Numbers per phase: location, points seen, scale relative to the whole. */
const slotsPerPhase = 3;
/** Residuals beyond this many mean absolute ones are cut before learning. */
const clip = 4;
/** First values of a phase are cut only beyond this. */
const firstClip = 8;
/** A run goes on while residuals are beyond this many mean absolute ones, on one side. */
const runLimit = 3;
const persistenceMax = 0.95;
/** Points that the prior of a phase's relative scale weighs. */
const phaseScalePrior = 6;
/** A scale below this share of the series' magnitude is not believed. */
const relativeScaleMin = 1e-4;
/**
 * Errors beyond so many times the alarm limit count only so much as evidence of what is normal, so
 * that up to 1 / `grossWeight` times `alpha` of gross anomalies do not hide each other.
 */
const gross = 1.5;
const grossWeight = 0.1;
/** Before this many points there is no scale to cut by. */
const startPoints = 12;

interface SeasonalConfig {
  readonly periodMs: number;
  readonly phases: number;
  readonly stepMs: number;
  readonly alpha: number;
  readonly warmupMs: number;
  readonly profileGain: number;
  readonly levelGain: number;
  readonly scaleGain: number;
  readonly minimumScale: number;
  readonly direction: number;
  readonly shiftPoints: number;
}

/** The options as `seasonal` writes them into a plan. */
interface PlannedOptions {
  readonly periodMs: number;
  readonly phases: number | null;
  readonly alpha: number;
  readonly warmup: number;
  readonly memory: number;
  readonly minimumScale: number;
  readonly direction: "both" | "above" | "below";
  readonly shiftAfterMs: number | null;
}

/** A plan may come from a file, so its options are checked as a user's are. */
function checkedOptions(options: Json): PlannedOptions {
  assertUserInput(
    typeof options === "object" && options !== null && "periodMs" in options,
    "the detector `seasonal` needs its options",
  );
  const given = options as unknown as PlannedOptions;
  const { periodMs, phases, shiftAfterMs, ...others } = given;
  seasonal({
    ...others,
    period: periodMs as Duration,
    ...(phases === null ? {} : { phases }),
    ...(shiftAfterMs === null ? {} : { shiftAfter: shiftAfterMs as Duration }),
  });
  return given;
}

/**
 * Makes the bank of detectors that a descriptor of `seasonal` describes.
 *
 * @throws MillraceError `PLAN_ARGUMENT_INVALID` when an option is out of its range
 */
export function seasonalDetector(options: Json, traits: SeriesTraits): Detector {
  const given = checkedOptions(options);
  const { periodMs } = given;
  const natural = traits.stepMs === undefined ? 0 : Math.round(periodMs / traits.stepMs);
  const phases = given.phases ?? (natural >= 1 && natural <= phasesMax ? natural : 168);
  const stepMs = traits.stepMs ?? periodMs / phases;
  const pointsPerSeason = Math.max(1, periodMs / stepMs);
  const shiftAfterMs = given.shiftAfterMs ?? periodMs / 7;
  return new SeasonalDetector({
    periodMs,
    phases,
    stepMs,
    alpha: given.alpha,
    warmupMs: given.warmup * periodMs,
    profileGain: 2 / (given.memory + 1),
    levelGain: Math.min(0.2, 1 / pointsPerSeason),
    scaleGain: Math.min(0.05, 1 / (2 * pointsPerSeason)),
    minimumScale: given.minimumScale,
    direction: given.direction === "both" ? 0 : given.direction === "above" ? 1 : -1,
    shiftPoints: Math.max(6, Math.round(shiftAfterMs / stepMs)),
  });
}

class SeasonalDetector implements Detector {
  readonly kind = "seasonal";
  readonly slots: number;
  readonly #config: SeasonalConfig;
  /**
   * Of the point at hand: base, prediction and scale. Fields, so that no object is made per point.
   */
  #base = 0;
  #expected = 0;
  #scale = 0;
  /** The strangeness of the alarm limit; infinite where the point is not scored. */
  #limit = 0;

  constructor(config: SeasonalConfig) {
    this.#config = config;
    this.slots = headerSlots + slotsPerPhase * config.phases;
  }

  update(state: SeriesState, points: SeriesPoints, out: DetectionColumns): void {
    assert(state.slots === this.slots, "the state was made for this model");
    const values = state.values;
    for (let i = 0; i < points.count; i++) {
      const series = points.series[i]!;
      const base = series * this.slots;
      const time = points.time[i]!;
      const value = points.value[i]!;
      if (!Number.isFinite(value)) {
        writeUnknown(out, i, missingBit);
        continue;
      }
      const profile = base + headerSlots + slotsPerPhase * this.#phaseOf(time);
      const isLate = values[base + slot.learned]! > 0 && time <= values[base + slot.lastTime]!;
      this.#predict(values, base, profile, time, isLate);
      const isKnown = this.#score(values, base, time, value, out, i);
      if (isLate) continue;
      const isShift = this.#learn(state, series, profile, time, value);
      if (isShift && isKnown) out.reasons[i]! |= levelShiftBit;
    }
  }

  #phaseOf(time: number): number {
    const { periodMs, phases } = this.#config;
    const within = time - Math.floor(time / periodMs) * periodMs;
    return Math.min(phases - 1, Math.floor((within / periodMs) * phases));
  }

  #predict(
    values: Float64Array,
    base: number,
    profile: number,
    time: number,
    isLate: boolean,
  ): void {
    const level = values[base + slot.level]!;
    let expected = level;
    if (values[profile + 1]! > 0) {
      const seasonal = values[profile]! + values[base + slot.offset]!;
      expected += profileShare(values, base) * (seasonal - level);
    }
    this.#base = expected;
    this.#limit = Number.POSITIVE_INFINITY;
    const isNext = time - values[base + slot.lastTime]! <= 1.5 * this.#config.stepMs;
    if (isNext && !isLate) {
      const limit = clip * this.#floored(values, base, values[base + slot.residualScale]!);
      expected += persistence(values, base) * cut(values[base + slot.residual]!, limit);
    }
    this.#expected = expected;
    const relative = values[profile + 1]! > 0 ? values[profile + 2]! : 1;
    this.#scale = this.#floored(values, base, values[base + slot.errorScale]! * relative);
  }

  #floored(values: Float64Array, base: number, scale: number): number {
    const floor = relativeScaleMin * values[base + slot.magnitude]!;
    return Math.max(scale, floor, this.#config.minimumScale, 1e-300);
  }

  #score(
    values: Float64Array,
    base: number,
    time: number,
    value: number,
    out: DetectionColumns,
    i: number,
  ): boolean {
    const { alpha, direction, warmupMs } = this.#config;
    const histogram = base + slot.histogram;
    const learned = values[base + slot.learned]!;
    if (learned < startPoints || time - values[base + slot.firstTime]! < warmupMs) {
      writeUnknown(out, i, 0);
      return false;
    }
    const error = value - this.#expected;
    const strangeness = this.#strangeness(error);
    const pValue = Math.min(1, tailProbability(values, histogram, strangeness));
    this.#limit = strangenessAt(values, histogram, alpha);
    const range = this.#limit * this.#scale;
    const surprise = -Math.log(pValue);
    out.score[i] = surprise / (surprise - Math.log(alpha));
    out.threshold[i] = 0.5;
    out.pValue[i] = pValue;
    out.expected[i] = this.#expected;
    out.lower[i] = direction > 0 ? Number.NEGATIVE_INFINITY : this.#expected - range;
    out.upper[i] = direction < 0 ? Number.POSITIVE_INFINITY : this.#expected + range;
    const isAnomaly = pValue < alpha;
    out.isAnomaly[i] = isAnomaly ? 1 : 0;
    out.severity[i] = !isAnomaly ? 0 : pValue >= alpha / 10 ? 1 : pValue >= alpha / 100 ? 2 : 3;
    out.reasons[i] = !isAnomaly ? 0 : error > 0 ? aboveBit : belowBit;
    return true;
  }

  /** The error in the direction that counts, in mean absolute errors. */
  #strangeness(error: number): number {
    const { direction } = this.#config;
    const counted = direction === 0 ? Math.abs(error) : Math.max(0, error * direction);
    return counted / this.#scale;
  }

  /** Learns from a point; tells whether it completed a level shift. */
  #learn(
    state: SeriesState,
    series: number,
    profile: number,
    time: number,
    value: number,
  ): boolean {
    const { values } = state;
    const base = series * this.slots;
    const learned = values[base + slot.learned]!;
    if (learned === 0) this.#start(values, base, time, value);
    const error = value - this.#expected;
    const residual = value - this.#base;
    const isStarting = learned < startPoints;
    // What the next prediction builds on: an outlier moves it by no more than the clipped error.
    const followed = this.#expected - this.#base + cut(error, clip * this.#scale);
    const residualScale = this.#floored(values, base, values[base + slot.residualScale]!);
    if (values[profile + 1]! > 0) this.#addToHistogram(state, series, this.#strangeness(error));
    const isShift = this.#followRun(values, base, residual, isStarting ? Infinity : residualScale);
    if (learned > 0) {
      this.#learnScales(values, base, profile, value, error, isStarting);
      this.#learnPersistence(values, base, time, residual, isStarting, residualScale);
      this.#learnLocations(values, base, profile, value, isStarting, residualScale);
    } else {
      values[profile] = value;
      values[profile + 1] = 1;
      values[profile + 2] = 1;
    }
    values[base + slot.residual] = isShift || learned === 0 ? 0 : isStarting ? residual : followed;
    values[base + slot.learned] = learned + 1;
    values[base + slot.lastTime] = time;
    for (let k = 0; k < slot.histogram; k++) state.touch(series, k);
    const firstOfPhase = profile - base;
    for (let k = 0; k < slotsPerPhase; k++) state.touch(series, firstOfPhase + k);
    return isShift;
  }

  #start(values: Float64Array, base: number, time: number, value: number): void {
    values[base + slot.firstTime] = time;
    values[base + slot.level] = value;
    values[base + slot.magnitude] = Math.abs(value);
    this.#base = value;
    this.#expected = value;
    this.#scale = this.#floored(values, base, 0);
  }

  #addToHistogram(state: SeriesState, series: number, strangeness: number): void {
    const bin = histogramBin(strangeness);
    const weight = strangeness > gross * this.#limit ? grossWeight : 1;
    const isHalved = addToHistogram(
      state.values,
      series * this.slots + slot.histogram,
      bin,
      weight,
    );
    state.touch(series, slot.histogram);
    if (!isHalved) state.touch(series, slot.histogram + 1 + bin);
    else for (let k = 1; k < histogramSlots; k++) state.touch(series, slot.histogram + k);
  }

  /**
   * Counts a one-sided run of large residuals; a long one moves the level and the whole profile.
   */
  #followRun(values: Float64Array, base: number, residual: number, scale: number): boolean {
    const run = values[base + slot.run]!;
    if (!(Math.abs(residual) > runLimit * scale)) {
      values[base + slot.run] = 0;
      return false;
    }
    const side = residual > 0 ? 1 : -1;
    const length = run * side > 0 ? run * side + 1 : 1;
    const mean = length === 1 ? 0 : values[base + slot.runMean]!;
    values[base + slot.run] = side * length;
    values[base + slot.runMean] = mean + (residual - mean) / length;
    if (length < this.#config.shiftPoints) return false;
    values[base + slot.offset]! += values[base + slot.runMean]!;
    values[base + slot.level]! += values[base + slot.runMean]!;
    values[base + slot.run] = 0;
    return true;
  }

  #learnScales(
    values: Float64Array,
    base: number,
    profile: number,
    value: number,
    error: number,
    isStarting: boolean,
  ): void {
    const { scaleGain, profileGain } = this.#config;
    const gain = Math.max(1 / values[base + slot.learned]!, scaleGain);
    const magnitude = values[base + slot.magnitude]!;
    values[base + slot.magnitude] = magnitude + gain * (Math.abs(value) - magnitude);
    const errorScale = values[base + slot.errorScale]!;
    const size = Math.abs(error);
    const counted = isStarting ? size : Math.min(size, clip * this.#scale);
    values[base + slot.errorScale] = errorScale + gain * (counted - errorScale);
    const relative = size / this.#floored(values, base, errorScale);
    const known = values[profile + 1]! > 0 ? values[profile + 2]! : 1;
    const phaseGain = Math.max(1 / (values[profile + 1]! + phaseScalePrior), profileGain / 2);
    values[profile + 2] = isStarting
      ? 1
      : known + phaseGain * (Math.min(relative, clip * Math.max(1, known)) - known);
  }

  #learnPersistence(
    values: Float64Array,
    base: number,
    time: number,
    residual: number,
    isStarting: boolean,
    residualScale: number,
  ): void {
    const gain = Math.max(1 / values[base + slot.learned]!, this.#config.scaleGain);
    const limit = isStarting ? Infinity : clip * residualScale;
    const counted = cut(residual, limit);
    const scale = values[base + slot.residualScale]!;
    values[base + slot.residualScale] = scale + gain * (Math.abs(counted) - scale);
    if (time - values[base + slot.lastTime]! > 1.5 * this.#config.stepMs) return;
    const before = cut(values[base + slot.residual]!, limit);
    values[base + slot.moment0]! += gain * (before * before - values[base + slot.moment0]!);
    values[base + slot.moment1]! += gain * (counted * before - values[base + slot.moment1]!);
  }

  #learnLocations(
    values: Float64Array,
    base: number,
    profile: number,
    value: number,
    isStarting: boolean,
    residualScale: number,
  ): void {
    const { levelGain, scaleGain, profileGain } = this.#config;
    const learned = values[base + slot.learned]!;
    const fromLevel = value - values[base + slot.level]!;
    const levelScale = values[base + slot.levelScale]!;
    const levelLimit = isStarting ? Infinity : clip * this.#floored(values, base, levelScale);
    const counted = cut(fromLevel, levelLimit);
    const gain = Math.max(1 / learned, scaleGain);
    values[base + slot.levelScale] = levelScale + gain * (Math.abs(counted) - levelScale);
    values[base + slot.level]! += Math.max(1 / (learned + 1), levelGain) * counted;
    const seen = values[profile + 1]!;
    const offset = values[base + slot.offset]!;
    if (seen === 0) {
      const limit = isStarting ? Infinity : firstClip * residualScale;
      values[profile] = this.#base - offset + cut(value - this.#base, limit);
    } else {
      const points = values[base + slot.profilePoints]!;
      const fromProfile = value - values[profile]! - offset;
      const limit = isStarting ? Infinity : clip * residualScale;
      const fitted = cut(fromProfile, limit);
      const profileScale = values[base + slot.profileScale]!;
      values[base + slot.profileScale]! +=
        Math.max(1 / (points + 1), scaleGain) * (Math.abs(fitted) - profileScale);
      values[base + slot.profilePoints] = points + 1;
      values[profile]! += Math.max(1 / (seen + 1), profileGain) * fitted;
      values[base + slot.offset]! += levelGain * fitted;
    }
    values[profile + 1] = seen + 1;
  }
}

const aboveBit = 1;
const belowBit = 2;
const levelShiftBit = 4;
const missingBit = 8;

function cut(value: number, limit: number): number {
  return value > limit ? limit : value < -limit ? -limit : value;
}

/** How far the profile is believed over the plain level: by the fourth powers of their errors. */
function profileShare(values: Float64Array, base: number): number {
  const profile = values[base + slot.profileScale]! ** 2;
  const level = values[base + slot.levelScale]! ** 2;
  const sum = profile * profile + level * level;
  return sum > 0 ? (level * level) / sum : 1;
}

/**
 * How much of the last residual remains in the next: the lag-1 regression, shrunk while points are
 * few.
 */
function persistence(values: Float64Array, base: number): number {
  const moment0 = values[base + slot.moment0]!;
  if (!(moment0 > 0)) return 0;
  const learned = values[base + slot.learned]!;
  const raw = (values[base + slot.moment1]! / moment0) * (learned / (learned + startPoints));
  return raw < 0 ? 0 : raw > persistenceMax ? persistenceMax : raw;
}

function writeUnknown(out: DetectionColumns, i: number, reasons: number): void {
  out.score[i] = Number.NaN;
  out.pValue[i] = Number.NaN;
  out.threshold[i] = Number.NaN;
  out.expected[i] = Number.NaN;
  out.lower[i] = Number.NaN;
  out.upper[i] = Number.NaN;
  out.isAnomaly[i] = 0;
  out.severity[i] = 0;
  out.reasons[i] = reasons;
}
