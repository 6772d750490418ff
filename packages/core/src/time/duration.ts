declare const durationBrand: unique symbol;

/** A span of time in milliseconds: whole, may be negative only where a docstring says so. */
export type Duration = number & { readonly [durationBrand]: "Duration" };

function duration(count: number, unitMs: number): Duration {
  const ms = count * unitMs;
  if (!Number.isSafeInteger(ms)) {
    throw new RangeError(`Not a whole number of milliseconds: ${count} × ${unitMs}`);
  }
  return ms as Duration;
}

/** `milliseconds(250)` */
export function milliseconds(count: number): Duration {
  return duration(count, 1);
}
/** `seconds(10)` */
export function seconds(count: number): Duration {
  return duration(count, 1_000);
}
/** `minutes(5)` */
export function minutes(count: number): Duration {
  return duration(count, 60_000);
}
/** `hours(24)` */
export function hours(count: number): Duration {
  return duration(count, 3_600_000);
}
/** `days(7)`: spans of exactly 24 hours; calendar days are windows, not durations. */
export function days(count: number): Duration {
  return duration(count, 86_400_000);
}

const units: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** The shortest exact form: `1h`, `90m`, `250ms`. */
export function formatDuration(ms: number): string {
  for (const [name, unitMs] of units) {
    if (ms !== 0 && ms % unitMs === 0) return `${ms / unitMs}${name}`;
  }
  return `${ms}ms`;
}
