import { formatDuration } from "@millrace/core";
import {
  type GapFillSpec,
  formatExpression,
  type GridSpec,
  type InterpolateSpec,
  type ResampleSpec,
} from "@millrace/plan";

function describeReach({ maxGapMs, upTo }: GridSpec): string {
  const end = upTo === "watermark" ? " up to the watermark" : "";
  return `${end}, gaps up to ${formatDuration(maxGapMs)}`;
}

/** A resampling in words: `resample every 1m, gaps up to 10m: kw = linear(kw)`. */
export function describeResample(spec: Omit<ResampleSpec, "kind">): string {
  const columns = spec.columns.map(
    ({ name, expression, method }) => `${name} = ${method}(${formatExpression(expression)})`,
  );
  const every = formatDuration(spec.everyMs);
  return `resample every ${every}${describeReach(spec)}: ${columns.join(", ")}`;
}

/** A filling of gaps in words: `fill gaps every 1m, gaps up to 10m: count = 0, mean = linear`. */
export function describeGapFill(spec: Omit<GapFillSpec, "kind">): string {
  const fills = spec.fills.map(({ column, fill }) => {
    const text = fill.by === "constant" ? formatExpression(fill.value) : fill.by;
    return `${column} = ${text}`;
  });
  const all = fills.length === 0 ? "" : `: ${fills.join(", ")}`;
  return `fill gaps every ${formatDuration(spec.everyMs)}${describeReach(spec)}${all}`;
}

/** An interpolation in words: `interpolate kw by linear, gaps up to 10m`. */
export function describeInterpolate(spec: Omit<InterpolateSpec, "kind">): string {
  const { columns, method, maxGapMs } = spec;
  return `interpolate ${columns.join(", ")} by ${method}, gaps up to ${formatDuration(maxGapMs)}`;
}
