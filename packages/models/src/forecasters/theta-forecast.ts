import { assert } from "@millrace/core";
import { fitSimpleSmoothing } from "./exponential-smoothing.ts";
import { normalQuantile } from "./normal-quantile.ts";
import {
  decompose,
  isSeasonal,
  removeSeason,
  type SeasonalAdjustment,
} from "./seasonal-adjustment.ts";

/** What the Theta method says of the steps after a series. */
export interface ThetaForecast {
  readonly mean: Float64Array;
  /** One array of `steps` values per asked level. */
  readonly quantiles: readonly Float64Array[];
  readonly alpha: number;
  /**
   * Change per step of the seasonally adjusted forecast: half the slope of the least-squares line.
   */
  readonly drift: number;
  /** Variance of the one-step errors of the seasonally adjusted series. */
  readonly variance: number;
  readonly seasonality: "none" | SeasonalAdjustment["kind"];
}

/** Fewer values cannot carry two smoothing parameters and a variance. */
export const thetaValuesMin = 4;

/**
 * Forecasts by the standard Theta method: simple exponential smoothing with drift on the seasonally
 * adjusted series.
 *
 * `mean_h = s_{n+h} ∘ (l_n + b/2 · (h − 1 + (1 − (1 − α)^n) / α))`, b the slope of the
 * least-squares line, s the seasonal index
 * (1 where the series does not pass the seasonality test); standard error `σ · √(1 + (h − 1)·α²)`,
 * normal quantiles.
 *
 * **Cost**   O(n · period) for the seasonality test, at most 32 passes for α
 * **Source** Assimakopoulos & Nikolopoulos 2000; Hyndman & Billah 2003; `thetaf` of the R package
 * forecast
 *
 * @param values finite numbers, at least 4
 * @param period values per season; ≤ 1 is none
 * @param steps how many to forecast, ≥ 1
 * @param quantileLevels probabilities in (0, 1)
 * @example
 * ```ts import.meta.vitest
 * thetaForecast(Float64Array.of(2, 4, 6, 8), 1, 2, []).mean // about [9, 10]: half the slope of the
 * line
 * ```
 */
export function thetaForecast(
  values: Float64Array,
  period: number,
  steps: number,
  quantileLevels: readonly number[],
): ThetaForecast {
  const n = values.length;
  assert(n >= thetaValuesMin, "the Theta method needs four values");
  const season = isSeasonal(values, period) ? decompose(values, period) : undefined;
  const adjusted = Float64Array.from(values);
  if (season !== undefined) removeSeason(adjusted, season);
  const { alpha, level, squaredErrors } = fitSimpleSmoothing(adjusted);
  const drift = slope(adjusted) / 2;
  const variance = squaredErrors / (n - 2);
  const scores = quantileLevels.map((probability) => normalQuantile(probability));
  const mean = new Float64Array(steps);
  const quantiles = scores.map(() => new Float64Array(steps));
  const offset = (1 - (1 - alpha) ** n) / alpha;
  for (let h = 0; h < steps; h++) {
    const trend = level + drift * (h + offset);
    const index = season?.index[(n + h) % period] ?? 0;
    mean[h] = season?.kind === "multiplicative" ? trend * index : trend + index;
    const standardError = Math.sqrt(variance * (1 + h * alpha * alpha));
    for (let k = 0; k < scores.length; k++)
      quantiles[k]![h] = mean[h]! + scores[k]! * standardError;
  }
  return { mean, quantiles, alpha, drift, variance, seasonality: season?.kind ?? "none" };
}

/** Slope of the least-squares line over 0, 1, 2, … */
function slope(values: Float64Array): number {
  const n = values.length;
  const middle = (n - 1) / 2;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (i - middle) * values[i]!;
  return (12 * sum) / (n * (n * n - 1));
}
