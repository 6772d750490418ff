import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { datePart, truncateInstant } from "../../src/expression/calendar.ts";

const someInstant = fc.integer({ min: -8_000_000_000_000_000, max: 8_000_000_000_000_000 });

describe("calendar", () => {
  it("agrees with Date on the parts of every instant", () => {
    fc.assert(
      fc.property(someInstant, (ms) => {
        const date = new Date(ms);
        const expected = [
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
          date.getUTCDay() === 0 ? 7 : date.getUTCDay(),
        ];
        const names = ["year", "month", "day", "hour", "minute", "second", "dayOfWeek"] as const;
        expect(names.map((name) => datePart[name](ms))).toEqual(expected);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it("counts days of the year from 1, leap years included", () => {
    expect(datePart.dayOfYear(Date.UTC(2024, 11, 31))).toBe(366);
    expect(datePart.dayOfYear(Date.UTC(1900, 11, 31))).toBe(365);
    expect(datePart.dayOfYear(Date.UTC(2023, 0, 1, 5))).toBe(1);
  });

  it("truncates to the start of each unit, weeks to Monday", () => {
    const at = Date.UTC(2026, 10, 25, 13, 14, 15, 16);
    expect(truncateInstant(at, "hour")).toBe(Date.UTC(2026, 10, 25, 13));
    expect(truncateInstant(at, "week")).toBe(Date.UTC(2026, 10, 23));
    expect(truncateInstant(at, "month")).toBe(Date.UTC(2026, 10, 1));
    expect(truncateInstant(at, "year")).toBe(Date.UTC(2026, 0, 1));
    expect(truncateInstant(-1, "day")).toBe(-86_400_000);
  });
});
