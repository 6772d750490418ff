import { assertUserInput, type Duration, type ModelDescriptor } from "@millrace/core";

/** What a user may say of a seasonal detector. */
export interface SeasonalOptions {
  /** Length of the season: a day, a week. */
  readonly period: Duration;
  /** Slots of the season, 1…2 016; default period / step where that is at most 2 016, else 168. */
  readonly phases?: number;
  /** Expected share of false alarms among normal points, in [1e-6, 0.2]; default 0.001. */
  readonly alpha?: number;
  /** Seasons learned before anything is scored, in [0, 52]; default 2. */
  readonly warmup?: number;
  /** Seasons after which what was learned has mostly faded, in [2, 1000]; default 12. */
  readonly memory?: number;
  /** Smallest mean absolute error believed, in the unit of the value, ≥ 0; default 0. */
  readonly minimumScale?: number;
  /** Which deviations count; default "both". */
  readonly direction?: "both" | "above" | "below";
  /** After how long a one-sided deviation is the new normal; default a seventh of the period. */
  readonly shiftAfter?: Duration;
}

/** Most slots of a season: a week of five-minute steps. */
export const phasesMax = 2_016;

/**
 * Describes a detector of points that deviate from a robustly learned season.
 *
 * **State**  `(67 + 3 · phases) × 8` bytes a series
 * **Cost**   O(1) per point, no allocation
 * **Nulls**  a missing value gets no score and the reason `missing`; late and duplicate points are
 * scored, not learned
 * **Source** equations and references in `seasonal.md`
 *
 * @throws MillraceError `PLAN_ARGUMENT_INVALID` when an option is out of its range
 * @example
 * ```ts import.meta.vitest
 * seasonal({ period: hours(24 * 7), alpha: 0.0005, direction: "above" })
 * ```
 */
export function seasonal(options: SeasonalOptions): ModelDescriptor<"detector"> {
  const { period, phases, alpha = 0.001, warmup = 2, memory = 12 } = options;
  const { minimumScale = 0, direction = "both", shiftAfter } = options;
  assertUserInput(
    Number.isSafeInteger(period) && period > 0,
    `seasonal's \`period\` must be a duration above 0 (got ${String(period)})`,
  );
  assertUserInput(
    phases === undefined || (Number.isSafeInteger(phases) && phases >= 1 && phases <= phasesMax),
    `seasonal's \`phases\` must be a whole number from 1 to ${phasesMax} (got ${String(phases)})`,
  );
  assertRange("alpha", alpha, 1e-6, 0.2);
  assertRange("warmup", warmup, 0, 52);
  assertRange("memory", memory, 2, 1_000);
  assertRange("minimumScale", minimumScale, 0, Number.MAX_VALUE);
  assertUserInput(
    direction === "both" || direction === "above" || direction === "below",
    `seasonal's \`direction\` must be "both", "above" or "below" (got ${String(direction)})`,
  );
  assertUserInput(
    shiftAfter === undefined || (Number.isSafeInteger(shiftAfter) && shiftAfter > 0),
    `seasonal's \`shiftAfter\` must be a duration above 0 (got ${String(shiftAfter)})`,
  );
  return {
    role: "detector",
    kind: "seasonal",
    options: {
      periodMs: period,
      phases: phases ?? null,
      alpha,
      warmup,
      memory,
      minimumScale,
      direction,
      shiftAfterMs: shiftAfter ?? null,
    },
  };
}

function assertRange(name: string, value: number, low: number, high: number): void {
  assertUserInput(
    value >= low && value <= high,
    `seasonal's \`${name}\` must be between ${low} and ${high} (got ${String(value)})`,
  );
}
