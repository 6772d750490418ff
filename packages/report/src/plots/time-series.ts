import { escapeText } from "../escape.ts";
import { bandPath, type FrameOptions, linePath, round, timeFrame } from "./frame.ts";
import { extentOf } from "./scale.ts";

/** A point marked on a time series. */
export interface Marker {
  readonly time: number;
  readonly value: number;
  /** Shown when the pointer rests on it. */
  readonly title: string;
  readonly severity?: "minor" | "major" | "critical";
}

/** Arrays of equal length; times are ms since 1970 (UTC), ascending; NaN is a gap. */
export interface TimeSeriesOptions extends FrameOptions {
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly band?: { readonly lower: readonly number[]; readonly upper: readonly number[] };
  readonly markers?: readonly Marker[];
}

/** A line over time, with the expected band behind it and anomalies as marks. O(points). */
export function timeSeriesPlot(options: TimeSeriesOptions): string {
  const { times, values, band, markers = [] } = options;
  const marked = markers.map((marker) => marker.value);
  const y = extentOf(values, marked, band?.lower ?? [], band?.upper ?? []);
  const frame = timeFrame(options, extentOf(times), y);
  const at = times.map(frame.x);
  const area =
    band === undefined
      ? ""
      : `<path class="band" d="${bandPath(at, band.lower.map(frame.y), band.upper.map(frame.y))}"/>`;
  const line = linePath(values.map((value, index) => [at[index] as number, frame.y(value)]));
  const dots = markers.map((marker) => {
    const place = `cx="${round(frame.x(marker.time))}" cy="${round(frame.y(marker.value))}"`;
    const title = escapeText(marker.title);
    const size = marker.severity === "critical" ? 4.5 : marker.severity === "major" ? 3.5 : 2.5;
    return `<circle class="anomaly" ${place} r="${size}"><title>${title}</title></circle>`;
  });
  return frame.wrap(`${area}<path class="line" d="${line}"/>${dots.join("")}`);
}
