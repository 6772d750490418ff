/*
 * The proleptic Gregorian calendar in UTC over epoch milliseconds. Days ↔ civil dates after Howard
 * Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */

const dayMs = 86_400_000;

interface CivilDate {
  year: number;
  /** 1 … 12. */
  month: number;
  /** 1 … 31. */
  day: number;
}

function civilOfDay(epochDay: number): CivilDate {
  const z = epochDay + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function dayOfCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function partOfDay(ms: number, unitMs: number, count: number): number {
  const units = Math.floor(ms / unitMs);
  return units - Math.floor(units / count) * count;
}

/** Parts of an instant in epoch milliseconds, UTC. */
export const datePart: {
  readonly [
    Name in "year" | "month" | "day" | "hour" | "minute" | "second" | "dayOfWeek" | "dayOfYear"
  ]: (ms: number) => number;
} = {
  year: (ms) => civilOfDay(Math.floor(ms / dayMs)).year,
  month: (ms) => civilOfDay(Math.floor(ms / dayMs)).month,
  day: (ms) => civilOfDay(Math.floor(ms / dayMs)).day,
  hour: (ms) => partOfDay(ms, 3_600_000, 24),
  minute: (ms) => partOfDay(ms, 60_000, 60),
  second: (ms) => partOfDay(ms, 1000, 60),
  dayOfWeek: (ms) => isoDayOfWeek(Math.floor(ms / dayMs)),
  dayOfYear: (ms) => {
    const epochDay = Math.floor(ms / dayMs);
    return epochDay - dayOfCivil(civilOfDay(epochDay).year, 1, 1) + 1;
  },
};

function isoDayOfWeek(epochDay: number): number {
  // 1970-01-01 was a Thursday.
  const fromMonday = epochDay + 3;
  return fromMonday - Math.floor(fromMonday / 7) * 7 + 1;
}

const fixedUnits: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: dayMs,
};

/** The start of the unit that holds the instant; a week starts on Monday. */
export function truncateInstant(ms: number, unit: string): number {
  const fixed = fixedUnits[unit];
  if (fixed !== undefined) return Math.floor(ms / fixed) * fixed;
  const epochDay = Math.floor(ms / dayMs);
  if (unit === "week") return (epochDay - isoDayOfWeek(epochDay) + 1) * dayMs;
  const { year, month } = civilOfDay(epochDay);
  return dayOfCivil(year, unit === "month" ? month : 1, 1) * dayMs;
}
