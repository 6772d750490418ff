import { assert } from "@millrace/core";

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar; months may overflow. */
export function epochDayOf(year: number, month: number, day: number): number {
  // Date.UTC reads years 0 … 99 as 1900 … 1999, so it is asked for the same year of another cycle.
  const cycles = Math.floor((year - 2000) / 400);
  return Date.UTC(year - cycles * 400, month - 1, day) / dayMs + cycles * daysPerCycle;
}

const dayMs = 86_400_000;
const daysPerCycle = 146_097;
/** Instants at which Intl gives plain years: from the year 1 on, and within what a Date holds. */
const firstMs = Date.UTC(2001, 0, 1) - 5 * daysPerCycle * dayMs;
const lastMs = 8.64e15;

/**
 * The wall clock of a time zone, by the rules that the runtime's own copy of the time zone database
 * has.
 *
 * Instants before the year 1 have the offset of that year.
 *
 * **Cost** a few µs per question: callers keep what they find out
 */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;

  /**
   * @param name of the IANA database, such as `Europe/Berlin`; planning has refused unknown ones
   */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** What the wall clock is ahead of UTC at an instant, in ms (whole seconds). */
  offsetAt(instant: number): number {
    const second = Math.floor(Math.min(Math.max(instant, firstMs), lastMs) / 1000) * 1000;
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.#format.formatToParts(second)) parts[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second: seconds = 0 } = parts;
    const clock = (hour * 60 + minute) * 60_000 + seconds * 1000;
    return epochDayOf(year, month, day) * dayMs + clock - second;
  }

  /**
   * The first instant of a local day. Where the clock jumps over midnight, it is the jump; where
   * midnight comes twice, it is the first.
   */
  startOfDay(epochDay: number): number {
    const midnight = epochDay * dayMs;
    const before = midnight - dayMs;
    const after = midnight + dayMs;
    const offsetBefore = this.offsetAt(before);
    const offsetAfter = this.offsetAt(after);
    if (offsetBefore === offsetAfter) return midnight - offsetBefore;
    const change = this.#changeWithin(before, after, offsetBefore);
    if (midnight - offsetBefore < change) return midnight - offsetBefore;
    return Math.max(midnight - offsetAfter, change);
  }

  /** The second at which the offset changes: it has `offset` at `from`, and another at `to`. */
  #changeWithin(from: number, to: number, offset: number): number {
    let low = from / 1000;
    let high = to / 1000;
    assert(Number.isInteger(low), "days start at whole seconds");
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle * 1000) === offset) low = middle;
      else high = middle;
    }
    return high * 1000;
  }
}
