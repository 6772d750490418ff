import { expect, test } from "vitest";
import { formatInstant, instant } from "../../src/time/instant.ts";

test("an ISO 8601 text becomes epoch milliseconds", () => {
  expect(instant("2001-01-01T00:00:00Z")).toBe(978_307_200_000);
});

test("a number is cut to whole milliseconds", () => {
  expect(instant(1.9)).toBe(1);
});

test.each(["yesterday", Number.NaN, Infinity])("%s is not a point in time", (value) => {
  expect(() => instant(value)).toThrow(RangeError);
});

test.each([
  [0, "1970-01-01T00:00:00.000Z"],
  [9e15, "9000000000000000 ms"],
  [Infinity, "+∞"],
  [-Infinity, "-∞"],
])("%d prints as %s", (value, text) => {
  expect(formatInstant(value)).toBe(text);
});
