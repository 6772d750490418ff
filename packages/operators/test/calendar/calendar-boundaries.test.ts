import type { CalendarWindow } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CalendarBoundaries } from "../../src/calendar/calendar-boundaries.ts";
import { epochDayOf, TimeZone } from "../../src/calendar/time-zone.ts";

const hourMs = 3_600_000;

function boundaries(unit: CalendarWindow["unit"], timeZone: string, weekStart?: number) {
  const more = weekStart === undefined ? {} : { weekStart };
  return new CalendarBoundaries({ kind: "calendar", unit, timeZone, ...more });
}

/** The local date of an instant, as Intl writes it: `2024-03-31`. */
function dateIn(timeZone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return (instant) => format.format(instant);
}

const zones = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "America/New_York",
  "America/Sao_Paulo",
  "America/Havana",
  "America/St_Johns",
  "Asia/Kathmandu",
  "Asia/Beirut",
  "Africa/Cairo",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Kiritimati",
  "Asia/Tehran",
];

describe("days of a time zone", () => {
  test("have 23 or 25 hours where the clocks change", () => {
    const days = boundaries("day", "Europe/Berlin");
    const spring = days.at(Date.UTC(2024, 2, 31, 12));
    const autumn = days.at(Date.UTC(2024, 9, 27, 12));
    expect(spring).toEqual({ start: Date.UTC(2024, 2, 30, 23), end: Date.UTC(2024, 2, 31, 22) });
    expect((autumn.end - autumn.start) / hourMs).toBe(25);
  });

  test("begin with the jump where the clock jumps over midnight", () => {
    // Until 2022, Beirut put its clocks from 00:00 to 01:00.
    const day = boundaries("day", "Asia/Beirut").at(Date.UTC(2021, 2, 28, 12));
    expect(day).toEqual({ start: Date.UTC(2021, 2, 27, 22), end: Date.UTC(2021, 2, 28, 21) });
  });

  test("begin with the first midnight where it comes twice", () => {
    // Havana puts its clocks from 01:00 back to 00:00.
    const day = boundaries("day", "America/Havana").at(Date.UTC(2023, 10, 5, 12));
    expect(day).toEqual({ start: Date.UTC(2023, 10, 5, 4), end: Date.UTC(2023, 10, 6, 5) });
  });

  test("leave out a day that a zone skipped", () => {
    // Samoa had no 30 December 2011.
    const days = boundaries("day", "Pacific/Apia");
    const before = days.at(Date.UTC(2011, 11, 29, 12));
    expect(dateIn("Pacific/Apia")(before.start)).toBe("2011-12-29");
    expect(dateIn("Pacific/Apia")(before.end)).toBe("2011-12-31");
  });

  test("are those that Intl's dates are constant over, in many zones and years", () => {
    const instants = fc.integer({
      min: Date.UTC(1950, 0, 1) / 60_000,
      max: Date.UTC(2060, 0, 1) / 60_000,
    });
    const kept = new Map(zones.map((zone) => [zone, boundaries("day", zone)]));
    const law = fc.property(fc.constantFrom(...zones), instants, (zone, minute) => {
      const instant = minute * 60_000;
      const day = kept.get(zone)!.at(instant);
      const date = dateIn(zone);
      expect(day.start <= instant && instant < day.end).toBe(true);
      // The first and the last instant of the day are of its date; those beside it are not, but
      // where a clock was put back over midnight, its date had come before.
      expect(date(day.end - 1) <= date(day.start) || date(day.end - 1) === date(instant)).toBe(
        true,
      );
      expect(date(day.start)).not.toBe(date(day.start - 1));
      expect(date(day.end)).not.toBe(date(day.end - 1));
    });
    fc.assert(law, { seed: 1, numRuns: 400 });
  });
});

describe("weeks, months and years of a time zone", () => {
  test("are made of whole days", () => {
    const berlin = "Europe/Berlin";
    const time = Date.UTC(2024, 0, 1, 12);
    expect(boundaries("month", berlin).at(time)).toEqual({
      start: Date.UTC(2023, 11, 31, 23),
      end: Date.UTC(2024, 0, 31, 23),
    });
    expect(boundaries("year", berlin).at(time)).toEqual({
      start: Date.UTC(2023, 11, 31, 23),
      end: Date.UTC(2024, 11, 31, 23),
    });
    // 1 January 2024 was a Monday.
    expect(boundaries("week", berlin).at(time).start).toBe(Date.UTC(2023, 11, 31, 23));
    expect(boundaries("week", berlin).at(time - 24 * hourMs).start).toBe(
      Date.UTC(2023, 11, 24, 23),
    );
    expect(boundaries("week", berlin, 0).at(time).start).toBe(Date.UTC(2023, 11, 30, 23));
  });

  test("follow each other without gaps, whatever the year", () => {
    const units = fc.constantFrom<CalendarWindow["unit"]>("day", "week", "month", "year");
    const years = fc.integer({ min: -2000, max: 9000 });
    const law = fc.property(units, fc.constantFrom(...zones), years, (unit, zone, year) => {
      const calendar = boundaries(unit, zone);
      const time = epochDayOf(year, 1, 1) * 24 * hourMs;
      const span = calendar.at(time);
      const next = calendar.at(span.end);
      const before = calendar.at(span.start - 1);
      expect(span.start <= time && time < span.end).toBe(true);
      expect([before.end, next.start]).toEqual([span.start, span.end]);
    });
    fc.assert(law, { seed: 2, numRuns: 60 });
  });
});

describe("a time zone's clock", () => {
  test("is ahead of UTC by the offset of the instant", () => {
    expect(new TimeZone("Asia/Kathmandu").offsetAt(0)).toBe(5.5 * hourMs);
    expect(new TimeZone("Asia/Kathmandu").offsetAt(Date.UTC(2020, 0, 1))).toBe(5.75 * hourMs);
    expect(new TimeZone("America/St_Johns").offsetAt(Date.UTC(2020, 0, 1))).toBe(-3.5 * hourMs);
  });
});
