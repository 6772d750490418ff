import type { CalendarWindow, WindowSpec } from "@millrace/plan";
import { checkedWindow } from "./window.ts";

/** Where the calendar's days begin. */
export interface CalendarOptions {
  /** A name of the IANA database, such as `Europe/Berlin`, or `UTC`. */
  readonly timeZone: string;
}

/** A day of the week. */
export type Weekday =
  | "sunday"
  | "monday"
  | "tuesday"
  | "wednesday"
  | "thursday"
  | "friday"
  | "saturday";

const weekdays: readonly Weekday[] = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
];

function calendar(
  unit: CalendarWindow["unit"],
  timeZone: string,
  more: Pick<CalendarWindow, "weekStart"> = {},
): WindowSpec {
  return checkedWindow({ kind: "calendar", unit, timeZone, ...more });
}

/**
 * The days of a time zone: from local midnight to the next, 23 or 25 hours where clocks change.
 *
 * Where the clock jumps over midnight, the day begins with the jump; where midnight comes twice, it
 * begins with the first. The rules are those of the time zone database that Node.js carries: open
 * windows keep their bounds only as long as an update does not change these rules.
 *
 * @throws MillraceError `PLAN_TIME_ZONE_UNKNOWN`
 * @example
 * ```ts import.meta.vitest
 * daily({ timeZone: "Europe/Berlin" })
 * ```
 */
export function daily(options: CalendarOptions): WindowSpec {
  return calendar("day", options.timeZone);
}

/**
 * The weeks of a time zone, from local midnight of their first day.
 *
 * @param options `startsOn`: their first day, Monday unless given
 * @throws MillraceError `PLAN_TIME_ZONE_UNKNOWN`
 */
export function weekly(options: CalendarOptions & { readonly startsOn?: Weekday }): WindowSpec {
  const weekStart = weekdays.indexOf(options.startsOn ?? "monday");
  return calendar("week", options.timeZone, { weekStart });
}

/**
 * The months of a time zone, from local midnight of their first day.
 *
 * @throws MillraceError `PLAN_TIME_ZONE_UNKNOWN`
 */
export function monthly(options: CalendarOptions): WindowSpec {
  return calendar("month", options.timeZone);
}

/**
 * The years of a time zone, from local midnight of January 1st.
 *
 * @throws MillraceError `PLAN_TIME_ZONE_UNKNOWN`
 */
export function yearly(options: CalendarOptions): WindowSpec {
  return calendar("year", options.timeZone);
}
