import type { OperatorSpec } from "./specs.ts";

/**
 * How far the watermark of an operator's output is behind that of its input, in ms.
 *
 * A window aggregation holds a window back for the allowed lateness, so what reads it has complete
 * rows only up to the watermark minus that: a run hands on `watermark − delay`, adding the delays
 * of a chain, also to `restored`. All other operators emit all that the watermark has passed.
 */
export function watermarkDelayMs(spec: OperatorSpec): number {
  return spec.kind === "windowAggregate" ? spec.allowedLatenessMs : 0;
}
