import type { CalendarWindow } from "@millrace/plan";
import { epochDayOf, TimeZone } from "./time-zone.ts";

/** A stretch of event time, `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Years whose boundaries are kept. */
const yearsMax = 64;
const dayMs = 86_400_000;
/** Epoch day 0 was a Thursday; Monday is 1. */
const thursday = 4;

/**
 * Where the days, weeks, months or years of a time zone begin.
 *
 * The boundaries of a year are computed when it is first asked for, 366 at most, and kept. A local
 * day that a zone skips has no boundaries of its own.
 *
 * **Cost** a binary search per question; up to some ms for the first of a year
 */
export class CalendarBoundaries {
  readonly #unit: CalendarWindow["unit"];
  readonly #weekStart: number;
  readonly #zone: TimeZone;
  readonly #years = new Map<number, Float64Array>();

  constructor(window: CalendarWindow) {
    this.#unit = window.unit;
    this.#weekStart = window.weekStart ?? 1;
    this.#zone = new TimeZone(window.timeZone);
  }

  /** The window over a time. */
  at(time: number): Span {
    let year = yearOf(time);
    // A zone's year may begin up to a day before UTC's or after it, and a week up to six days
    // before.
    while (time < (this.#startsOf(year)[0] as number)) year -= 1;
    while (time >= (this.#startsOf(year).at(-1) as number)) year += 1;
    const starts = this.#startsOf(year);
    let low = 0;
    let high = starts.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= time) low = middle;
      else high = middle;
    }
    return { start: starts[low] as number, end: starts[low + 1] as number };
  }

  /** Starts within a local year, ascending, then the first of the next year. */
  #startsOf(year: number): Float64Array {
    const known = this.#years.get(year);
    if (known !== undefined) return known;
    if (this.#years.size >= yearsMax) this.#years.clear();
    const starts = new Set<number>();
    for (const day of this.#daysOf(year)) starts.add(this.#zone.startOfDay(day));
    const made = Float64Array.from(starts).sort();
    this.#years.set(year, made);
    return made;
  }

  #daysOf(year: number): number[] {
    const first = epochDayOf(year, 1, 1);
    const next = epochDayOf(year + 1, 1, 1);
    switch (this.#unit) {
      case "day":
        return Array.from({ length: next - first + 1 }, (_, i) => first + i);
      case "week": {
        const days: number[] = [];
        let day = this.#weekOnOrAfter(first);
        for (; day < next; day += 7) days.push(day);
        return [...days, day];
      }
      case "month":
        return Array.from({ length: 13 }, (_, i) => epochDayOf(year, 1 + i, 1));
      case "year":
        return [first, next];
    }
  }

  #weekOnOrAfter(epochDay: number): number {
    const weekday = (((epochDay + thursday) % 7) + 7) % 7;
    return epochDay + ((this.#weekStart - weekday + 7) % 7);
  }
}

/** The UTC year of a time. */
function yearOf(time: number): number {
  const guess = Math.floor(time / dayMs / 365.2425) + 1970;
  const day = Math.floor(time / dayMs);
  if (epochDayOf(guess, 1, 1) > day) return guess - 1;
  return epochDayOf(guess + 1, 1, 1) <= day ? guess + 1 : guess;
}
