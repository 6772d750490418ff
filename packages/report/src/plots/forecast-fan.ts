import { bandPath, type FrameOptions, linePath, round, timeFrame } from "./frame.ts";
import { extentOf } from "./scale.ts";

/** History and the forecast that goes on from it; times in ms since 1970 (UTC), ascending. */
export interface ForecastFanOptions extends FrameOptions {
  readonly history: { readonly times: readonly number[]; readonly values: readonly number[] };
  readonly forecast: {
    readonly times: readonly number[];
    readonly mean: readonly number[];
    readonly lower80: readonly number[];
    readonly upper80: readonly number[];
    readonly lower95: readonly number[];
    readonly upper95: readonly number[];
  };
  /** What came, where it is known. */
  readonly actual?: { readonly times: readonly number[]; readonly values: readonly number[] };
}

/** The last history, the forecast's mean, and its 80 and 95 % intervals. O(points). */
export function forecastFanPlot(options: ForecastFanOptions): string {
  const { history, forecast, actual } = options;
  const y = extentOf(
    history.values,
    forecast.mean,
    forecast.lower95,
    forecast.upper95,
    actual?.values ?? [],
  );
  const frame = timeFrame(options, extentOf(history.times, forecast.times), y);
  const at = forecast.times.map(frame.x);
  const band = (name: string, lower: readonly number[], upper: readonly number[]): string =>
    `<path class="${name}" d="${bandPath(at, lower.map(frame.y), upper.map(frame.y))}"/>`;
  const line = (name: string, times: readonly number[], values: readonly number[]): string => {
    const points = values.map((value, k) => [frame.x(times[k] as number), frame.y(value)] as const);
    return `<path class="${name}" d="${linePath(points)}"/>`;
  };
  const issue =
    at[0] === undefined
      ? ""
      : `<path class="issue" d="M${round(at[0])} ${frame.top}V${frame.bottom}"/>`;
  return frame.wrap(
    issue +
      band("band95", forecast.lower95, forecast.upper95) +
      band("band80", forecast.lower80, forecast.upper80) +
      line("line", history.times, history.values) +
      line("mean", forecast.times, forecast.mean) +
      (actual === undefined ? "" : line("actual", actual.times, actual.values)),
  );
}
