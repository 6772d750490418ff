import { expect, test } from "vitest";
import {
  days,
  formatDuration,
  hours,
  milliseconds,
  minutes,
  seconds,
} from "../../src/time/duration.ts";

test("a duration is a number of milliseconds", () => {
  expect([milliseconds(5), seconds(5), minutes(5), hours(5), days(5)]).toEqual([
    5, 5_000, 300_000, 18_000_000, 432_000_000,
  ]);
});

test("fractions of a unit are allowed while the milliseconds stay whole", () => {
  expect(seconds(0.25)).toBe(250);
});

test.each([0.5, Number.NaN, Infinity])("%d milliseconds are not a duration", (count) => {
  expect(() => milliseconds(count)).toThrow(RangeError);
});

test.each([
  [hours(24), "1d"],
  [minutes(90), "90m"],
  [hours(1), "1h"],
  [milliseconds(250), "250ms"],
  [seconds(0), "0ms"],
])("%d ms prints as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
