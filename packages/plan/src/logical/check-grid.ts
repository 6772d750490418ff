import { limits, type MillraceError, millraceError } from "@millrace/core";
import type { GridSpec } from "../physical/grid-specs.ts";

/** What makes a regular grid impossible, if anything. `step` names it: `resample "even"`. */
export function checkGrid(
  step: string,
  { everyMs, maxGapMs }: Pick<GridSpec, "everyMs" | "maxGapMs">,
): MillraceError | undefined {
  if (!isSpan(everyMs)) return refuse(`${step}: every must be a duration greater than zero`);
  const problem = checkMaxGap(step, maxGapMs);
  if (problem !== undefined) return problem;
  if (maxGapMs < everyMs) return refuse(`${step}: maxGap must be at least as long as every`);
  if (maxGapMs / everyMs <= limits.gridPointsMax) return undefined;
  return refuse(`${step}: maxGap must not be longer than ${limits.gridPointsMax} times every`);
}

/** What makes the longest gap that is filled impossible, if anything. */
export function checkMaxGap(step: string, maxGapMs: number): MillraceError | undefined {
  return isSpan(maxGapMs)
    ? undefined
    : refuse(`${step}: maxGap must be a duration greater than zero`);
}

function refuse(problem: string): MillraceError {
  return millraceError("PLAN_ARGUMENT_INVALID", { problem });
}

function isSpan(durationMs: number): boolean {
  return Number.isSafeInteger(durationMs) && durationMs > 0;
}
