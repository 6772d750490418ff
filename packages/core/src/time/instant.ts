declare const instantBrand: unique symbol;
declare const microInstantBrand: unique symbol;
declare const nanoInstantBrand: unique symbol;
declare const epochDayBrand: unique symbol;

/** A point in time: milliseconds since 1970-01-01T00:00:00Z, a whole number. */
export type Instant = number & { readonly [instantBrand]: "Instant" };

/** A point in time in microseconds since 1970-01-01T00:00:00Z. */
export type MicroInstant = bigint & { readonly [microInstantBrand]: "MicroInstant" };

/** A point in time in nanoseconds since 1970-01-01T00:00:00Z. */
export type NanoInstant = bigint & { readonly [nanoInstantBrand]: "NanoInstant" };

/** A calendar day: days since 1970-01-01, a whole number. */
export type EpochDay = number & { readonly [epochDayBrand]: "EpochDay" };

/**
 * Makes an `Instant` of epoch milliseconds, or of an ISO 8601 text such as
 * `"2001-01-01T00:00:00Z"`.
 */
export function instant(value: number | string): Instant {
  const ms = typeof value === "string" ? Date.parse(value) : Math.trunc(value);
  if (!Number.isFinite(ms)) throw new RangeError(`Not a point in time: ${String(value)}`);
  return ms as Instant;
}

/** The greatest time that a calendar date of JavaScript has. */
const dateMsMax = 8.64e15;

/**
 * `2001-01-01T00:00:00.000Z`; `-∞` and `+∞` for the ends of a watermark, `… ms` for what is no
 * date.
 */
export function formatInstant(value: number): string {
  if (value === Infinity) return "+∞";
  if (value === -Infinity) return "-∞";
  if (!(Math.abs(value) <= dateMsMax)) return `${value} ms`;
  return new Date(value).toISOString();
}
