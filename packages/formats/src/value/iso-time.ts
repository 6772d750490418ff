const form =
  /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:?\d\d)?)?$/;

/**
 * Days since 1970-01-01 of a date of the Gregorian calendar; undefined when there is none. O(1).
 */
export function epochDay(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  // Years are counted from March, so that the leap day is a year's last: Hinnant,
  // "chrono-Compatible Low-Level Date Algorithms".
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** A point in time as whole milliseconds and the nanoseconds beyond them (0 to 999,999). */
export interface IsoTime {
  readonly ms: number;
  readonly nanos: number;
}

/**
 * Reads an ISO 8601 text: a date, or a date and a time with up to nine digits of fraction. A text
 * without a zone is UTC. Undefined when the text is none of these.
 */
export function parseIsoTime(text: string): IsoTime | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const day = epochDay(Number(match[1]), Number(match[2]), Number(match[3]));
  const hour = Number(match[4] ?? 0);
  const minute = Number(match[5] ?? 0);
  const second = Number(match[6] ?? 0);
  if (day === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = zoneMinutes(match[8]);
  if (zone === undefined) return undefined;
  const fraction = Number((match[7] ?? "").padEnd(9, "0"));
  const inDay = ((hour * 60 + minute - zone) * 60 + second) * 1000;
  return { ms: day * 86_400_000 + inDay + Math.floor(fraction / 1e6), nanos: fraction % 1_000_000 };
}

function zoneMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** Days since 1970-01-01 of `YYYY-MM-DD`; undefined for any other text. */
export function parseIsoDate(text: string): number | undefined {
  const match = /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return undefined;
  return epochDay(Number(match[1]), Number(match[2]), Number(match[3]));
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48;
  const ones = bytes[at + 1]! - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/**
 * Reads `YYYY-MM-DDTHH:MM:SSZ` or `YYYY-MM-DDTHH:MM:SS.mmmZ` as epoch milliseconds without making a
 * string. NaN for every other text, which `parseIsoTime` may yet accept.
 */
export function parseIsoBytes(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if ((length !== 20 && length !== 24) || bytes[to - 1] !== 90 || bytes[from + 10] !== 84) {
    return NaN;
  }
  if (bytes[from + 4] !== 45 || bytes[from + 7] !== 45) return NaN;
  if (bytes[from + 13] !== 58 || bytes[from + 16] !== 58) return NaN;
  const year = twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const dayOfMonth = twoDigits(bytes, from + 8);
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  // A NaN part fails its comparison too.
  if (!(year >= 0 && month >= 1 && dayOfMonth >= 1)) return NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return NaN;
  let ms = 0;
  if (length === 24) {
    const last = bytes[from + 22]! - 48;
    ms = twoDigits(bytes, from + 20) * 10 + last;
    if (bytes[from + 19] !== 46 || last < 0 || last > 9 || !(ms >= 0)) return NaN;
  }
  const day = epochDay(year, month, dayOfMonth);
  return day === undefined
    ? NaN
    : day * 86_400_000 + (hour * 60 + minute) * 60_000 + second * 1000 + ms;
}
