import {
  assert,
  assertUserInput,
  type Duration,
  type ForecastColumns,
  type Forecaster,
  formatDuration,
  type Json,
  type ModelDescriptor,
  type SeriesPoints,
  type SeriesState,
  type SeriesTraits,
} from "@millrace/core";
import { thetaForecast, thetaValuesMin } from "./theta-forecast.ts";

/** What a user may say of a Theta forecaster. */
export interface ThetaOptions {
  /** Length of the season, a whole multiple of the step; none by default. */
  readonly season?: Duration;
  /** How far back it looks; default 8 seasons and at least 100 steps; at most 20 000 steps. */
  readonly history?: Duration;
  /**
   * What a step without a point means: nothing happened ("zero"), or nobody looked ("interpolate",
   * default).
   */
  readonly gaps?: "zero" | "interpolate";
  /** Cuts forecasts and intervals off at 0, as counts need. Default false. */
  readonly nonNegative?: boolean;
  /** Time between points; needed only where the stream does not know it. */
  readonly step?: Duration;
}

const seasonsDefault = 8;
const historyStepsMin = 100;
const historyStepsMax = 20_000;

/**
 * Describes a Theta forecaster: simple exponential smoothing with drift on the seasonally adjusted
 * series.
 *
 * **State**  `(2 + history / step) × 8` bytes a series
 * **Cost**   O(1) per point; per forecast O(history · season) for the seasonality test, with the
 * history in steps
 * **Nulls**  a missing value is a gap
 * **Source** Assimakopoulos & Nikolopoulos, Int. J. Forecasting 16, 2000; equations in `theta.md`
 *
 * @throws MillraceError `PLAN_ARGUMENT_INVALID` when an option is out of its range
 * @example
 * ```ts import.meta.vitest
 * theta({ season: hours(24), gaps: "zero", nonNegative: true })
 * ```
 */
export function theta(options: ThetaOptions = {}): ModelDescriptor<"forecaster"> {
  for (const name of ["season", "history", "step"] as const) {
    const value = options[name];
    assertUserInput(
      value === undefined || (Number.isSafeInteger(value) && value > 0),
      `theta's \`${name}\` must be a duration above 0 (got ${String(value)})`,
    );
  }
  const gaps = options.gaps ?? "interpolate";
  assertUserInput(
    gaps === "zero" || gaps === "interpolate",
    `theta's \`gaps\` must be "zero" or "interpolate" (got ${JSON.stringify(gaps)})`,
  );
  return {
    role: "forecaster",
    kind: "theta",
    options: {
      seasonMs: options.season ?? null,
      historyMs: options.history ?? null,
      gaps,
      isNonNegative: options.nonNegative ?? false,
      stepMs: options.step ?? null,
    },
  };
}

interface ThetaConfig {
  readonly stepMs: number;
  /** Steps per season; 1 is no season. */
  readonly period: number;
  readonly historySteps: number;
  readonly isZeroFilled: boolean;
  readonly isNonNegative: boolean;
}

/** The options as `theta` writes them into a plan. */
interface PlannedOptions {
  readonly seasonMs: number | null;
  readonly historyMs: number | null;
  readonly gaps: "zero" | "interpolate";
  readonly isNonNegative: boolean;
  readonly stepMs: number | null;
}

/** A plan may come from a file, so its options are checked as a user's are. */
function checkedOptions(options: Json): PlannedOptions {
  assertUserInput(
    typeof options === "object" && options !== null && "seasonMs" in options,
    "the forecaster `theta` needs its options",
  );
  const given = options as unknown as PlannedOptions;
  const { seasonMs, historyMs, stepMs } = given;
  theta({
    gaps: given.gaps,
    nonNegative: given.isNonNegative,
    ...(seasonMs === null ? {} : { season: seasonMs as Duration }),
    ...(historyMs === null ? {} : { history: historyMs as Duration }),
    ...(stepMs === null ? {} : { step: stepMs as Duration }),
  });
  return given;
}

/**
 * Makes the bank of forecasters that a descriptor of `theta` describes.
 *
 * @throws MillraceError `PLAN_ARGUMENT_INVALID` when the step is unknown or does not divide the
 * season
 */
export function thetaForecaster(options: Json, traits: SeriesTraits): Forecaster {
  const given = checkedOptions(options);
  const stepMs = given.stepMs ?? traits.stepMs;
  assertUserInput(stepMs !== undefined, "theta must know the time between points; give `step`");
  const period = given.seasonMs === null ? 1 : given.seasonMs / stepMs;
  assertUserInput(
    Number.isSafeInteger(period) && period >= 1,
    `theta's \`season\` (${formatDuration(given.seasonMs ?? 0)}) must be a whole multiple of the ` +
      `time between points (${formatDuration(stepMs)})`,
  );
  const historySteps =
    given.historyMs === null
      ? Math.min(historyStepsMax, Math.max(historyStepsMin, seasonsDefault * period))
      : Math.round(given.historyMs / stepMs);
  assertUserInput(
    historySteps >= thetaValuesMin && historySteps <= historyStepsMax,
    `theta's \`history\` must hold 4 to ${historyStepsMax} steps (got ${historySteps})`,
  );
  return new ThetaForecaster({
    stepMs,
    period,
    historySteps,
    isZeroFilled: given.gaps === "zero",
    isNonNegative: given.isNonNegative,
  });
}

/** Slot of the time of the first point. */
const firstTimeSlot = 0;
/**
 * Slot of the number of steps from the first point to the last one, both included; 0 before any.
 */
const stepCountSlot = 1;
/** From here on: a ring, in which step i lies at i modulo its length. */
const ringSlot = 2;

class ThetaForecaster implements Forecaster {
  readonly kind = "theta";
  readonly slots: number;
  readonly #config: ThetaConfig;

  constructor(config: ThetaConfig) {
    this.#config = config;
    this.slots = ringSlot + config.historySteps;
  }

  update(state: SeriesState, points: SeriesPoints): void {
    assert(state.slots === this.slots, "the state was made for this model");
    const { stepMs } = this.#config;
    const values = state.values;
    for (let i = 0; i < points.count; i++) {
      const series = points.series[i]!;
      const time = points.time[i]!;
      const value = points.value[i]!;
      const base = series * this.slots;
      const stepCount = values[base + stepCountSlot]!;
      if (stepCount === 0) {
        // A series starts with its first value; what was missing before tells nothing.
        if (!Number.isFinite(value)) continue;
        values[base + firstTimeSlot] = time;
        state.touch(series, firstTimeSlot);
        this.#write(state, series, 0, value);
      } else {
        const index = Math.round((time - values[base + firstTimeSlot]!) / stepMs);
        if (!(index >= stepCount)) continue;
        const gapStart = Math.max(stepCount, index - this.#config.historySteps + 1);
        for (let gap = gapStart; gap < index; gap++) this.#write(state, series, gap, Number.NaN);
        this.#write(state, series, index, Number.isFinite(value) ? value : Number.NaN);
      }
    }
  }

  #write(state: SeriesState, series: number, index: number, value: number): void {
    const slot = ringSlot + (index % this.#config.historySteps);
    const base = series * this.slots;
    state.values[base + slot] = value;
    state.values[base + stepCountSlot] = index + 1;
    state.touch(series, slot);
    state.touch(series, stepCountSlot);
  }

  forecast(
    state: SeriesState,
    request: {
      series: number;
      originTime: number;
      steps: number;
      quantileLevels: readonly number[];
    },
    out: ForecastColumns,
  ): boolean {
    const { stepMs, period, historySteps, isNonNegative } = this.#config;
    const base = request.series * this.slots;
    const stepCount = state.values[base + stepCountSlot] ?? 0;
    if (stepCount === 0) return false;
    const origin = Math.round((request.originTime - state.values[base + firstTimeSlot]!) / stepMs);
    if (origin < thetaValuesMin || origin - stepCount > historySteps) return false;
    const history = this.#history(state, base, stepCount, origin);
    if (history === undefined) return false;
    const ahead = origin - history.end;
    const result = thetaForecast(
      history.values,
      period,
      ahead + request.steps,
      request.quantileLevels,
    );
    copyForecast(result.mean, ahead, out.mean, request.steps, isNonNegative);
    for (let k = 0; k < request.quantileLevels.length; k++) {
      copyForecast(result.quantiles[k]!, ahead, out.quantiles[k]!, request.steps, isNonNegative);
    }
    return true;
  }

  /** The filled values before the origin; `end` is the step after the last of them. */
  #history(
    state: SeriesState,
    base: number,
    stepCount: number,
    origin: number,
  ): { values: Float64Array; end: number } | undefined {
    const { historySteps, isZeroFilled } = this.#config;
    const from = Math.max(0, Math.max(origin, stepCount) - historySteps);
    const filled = new Float64Array(Math.max(0, origin - from));
    let first = -1;
    let last = -1;
    let observed = 0;
    for (let i = 0; i < filled.length; i++) {
      const step = from + i;
      const value =
        step < stepCount ? state.values[base + ringSlot + (step % historySteps)]! : Number.NaN;
      filled[i] = isZeroFilled && Number.isNaN(value) ? 0 : value;
      if (Number.isNaN(filled[i]!)) continue;
      if (first === -1) first = i;
      last = i;
      observed++;
    }
    if (observed < thetaValuesMin) return undefined;
    const values = filled.subarray(first, last + 1);
    interpolate(values);
    return { values, end: from + last + 1 };
  }
}

/** Fills runs of NaN by straight lines, in place; both ends are numbers. */
function interpolate(values: Float64Array): void {
  let known = 0;
  for (let i = 1; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    const rise = (values[i]! - values[known]!) / (i - known);
    for (let gap = known + 1; gap < i; gap++) values[gap] = values[known]! + rise * (gap - known);
    known = i;
  }
}

function copyForecast(
  from: Float64Array,
  offset: number,
  to: Float64Array,
  steps: number,
  isNonNegative: boolean,
): void {
  for (let h = 0; h < steps; h++) {
    const value = from[offset + h]!;
    to[h] = isNonNegative && value < 0 ? 0 : value;
  }
}
