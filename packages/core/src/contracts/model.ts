import type { Json } from "./json.ts";

/**
 * State of many series in one Float64Array: `slots` numbers per series, addressed by dense index.
 *
 * Pages of `pageSlots` numbers are the unit of change: a model calls `touch` for what it writes,
 * and the operator sends touched pages to the changelog. Bounded: `slots × 8` bytes a series.
 */
export interface SeriesState {
  readonly slots: number;
  /** Grows (a new array) in `ensure`; read it afresh after that. */
  readonly values: Float64Array;
  /** Room for series 0…count−1; new ones are filled by zeros. */
  ensure(seriesCount: number): void;
  /** Marks a slot of a series as changed. */
  touch(series: number, slot: number): void;
}

/** Points of many series, ascending in time within each series. Columns, no object per point. */
export interface SeriesPoints {
  readonly count: number;
  /** Dense index of the series of each point. */
  readonly series: Int32Array;
  /** Event time in ms. */
  readonly time: Float64Array;
  /** NaN where the value is missing. */
  readonly value: Float64Array;
}

/**
 * What a detector says of each point; arrays as long as the points. NaN: not known (warming up,
 * missing value).
 */
export interface DetectionColumns {
  /** 0…1; larger is stranger. */
  readonly score: Float64Array;
  /** Probability of a point at least as strange where nothing is wrong. */
  readonly pValue: Float64Array;
  /** Score from which a point is an anomaly. */
  readonly threshold: Float64Array;
  readonly expected: Float64Array;
  /** Expected range. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** 0 or 1. */
  readonly isAnomaly: Uint8Array;
  /** Index into `severities`. */
  readonly severity: Uint8Array;
  /** Bit set over `detectionReasons`. */
  readonly reasons: Int32Array;
}

/** Severities by index, mildest first. */
export const severities: readonly ["none", "minor", "major", "critical"] = [
  "none",
  "minor",
  "major",
  "critical",
];

/** Reasons by bit. */
export const detectionReasons: readonly [
  "above-expected",
  "below-expected",
  "level-shift",
  "missing",
] = ["above-expected", "below-expected", "level-shift", "missing"];

/** A bank of detectors, one per series, sharing options. Pure: no clock, no I/O; deterministic. */
export interface Detector {
  readonly kind: string;
  /** Bounded state, kept by the caller, so that it can be snapshotted. */
  readonly slots: number;
  /**
   * Scores points and learns from them. A point not after its series' last one is scored but not
   * learned.
   */
  update(state: SeriesState, points: SeriesPoints, out: DetectionColumns): void;
}

/** Forecasts of one series. `quantiles[k]` has `steps` values for level k of the request. */
export interface ForecastColumns {
  readonly mean: Float64Array;
  readonly quantiles: readonly Float64Array[];
}

/** A bank of forecasters, one per series, sharing options. Pure and deterministic. */
export interface Forecaster {
  readonly kind: string;
  readonly slots: number;
  /**
   * Takes in points; a step without a point is a gap, treated as the options say. Late and
   * duplicate points are ignored.
   */
  update(state: SeriesState, points: SeriesPoints): void;
  /**
   * Forecasts `steps` steps after `originTime` (ms): step k (1-based) is the point at `originTime +
   * (k − 1) · step`. Steps between the last point and the origin are gaps.
   *
   * @param quantileLevels probabilities in (0, 1), ascending
   * @returns false when the series is still too short; `out` is then untouched
   */
  forecast(
    state: SeriesState,
    request: {
      series: number;
      originTime: number;
      steps: number;
      quantileLevels: readonly number[];
    },
    out: ForecastColumns,
  ): boolean;
}

/** A model as a plan holds it: which, with what options. */
export interface ModelDescriptor<Role extends "detector" | "forecaster"> {
  readonly role: Role;
  readonly kind: string;
  readonly options: Json;
}

/** What the planner knows of the series a model will see. */
export interface SeriesTraits {
  /** Time between points in ms; undefined where it is not known. */
  readonly stepMs: number | undefined;
}

/** Makers of models by kind. A maker checks its options and throws for wrong ones. */
export interface ModelRegistry {
  readonly detectors: Readonly<Record<string, (options: Json, traits: SeriesTraits) => Detector>>;
  readonly forecasters: Readonly<
    Record<string, (options: Json, traits: SeriesTraits) => Forecaster>
  >;
}
