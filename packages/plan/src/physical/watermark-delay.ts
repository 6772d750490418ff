import type { GapFillSpec, ResampleSpec } from "./grid-specs.ts";
import type { IntervalJoinSpec, OperatorSpec } from "./specs.ts";

/**
 * How far the watermark of an operator's output is behind that of its input, in ms.
 *
 * A window aggregation holds a window back for the allowed lateness, and an interval join a row
 * without a partner until none can come; values that wait for the next one are held back for the
 * longest gap. So what reads them has complete rows only up to the
 * watermark minus that: a run hands on `watermark − delay`, adding the delays of a chain, also to
 * `restored`. All other operators emit all that the watermark has passed.
 */
export function watermarkDelayMs(spec: OperatorSpec): number {
  switch (spec.kind) {
    case "windowAggregate":
      return spec.allowedLatenessMs;
    case "intervalJoin":
      return intervalDelayMs(spec);
    case "retime":
      return spec.outOfOrdernessMs;
    case "resample":
    case "gapFill":
      return gridDelayMs(spec);
    case "interpolate":
      return spec.method === "previous" ? 0 : spec.maxGapMs;
    default:
      return 0;
  }
}

/** A row whose bound is its own comes with that bound as its time, and so is not held back. */
function intervalDelayMs({ joinKind, lowerMs, upperMs }: IntervalJoinSpec): number {
  const left = joinKind === "left" || joinKind === "full" ? (upperMs ?? 0) : 0;
  const right = joinKind === "right" || joinKind === "full" ? -lowerMs : 0;
  return Math.max(0, left, right);
}

/**
 * What lies between two rows comes with the second one. Up to the watermark a point comes once it
 * is past, of gaps the whole interval.
 */
function gridDelayMs({ kind, upTo, everyMs, maxGapMs }: GapFillSpec | ResampleSpec): number {
  if (upTo === "last-row") return maxGapMs;
  return kind === "gapFill" ? everyMs : 0;
}
