import { epochDay } from "../value/iso-time.ts";

/** The number that two digits spell; NaN when there are no two. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! ^ 48;
  const ones = bytes[at + 1]! ^ 48;
  return tens <= 9 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** Epoch day of the `YYYY-MM-DD` that starts at `at`; NaN when there is none. */
export function dayAt(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== 45 || bytes[at + 7] !== 45) return NaN;
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
  const day = epochDay(year, twoDigits(bytes, at + 5), twoDigits(bytes, at + 8));
  return day ?? NaN;
}

/**
 * Epoch milliseconds of the ISO 8601 text in [from, to): a date, a time with seconds, up to nine
 * digits of fraction, a zone or none (UTC). NaN for every other text, which `parseIsoTime` may yet
 * accept. The bytes up to `from + 19` may be read.
 */
export function instantAt(bytes: Uint8Array, from: number, to: number): number {
  const separator = bytes[from + 10];
  if (to - from < 19 || (separator !== 84 && separator !== 32)) return NaN;
  if (bytes[from + 13] !== 58 || bytes[from + 16] !== 58) return NaN;
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  // A NaN part fails its comparison too.
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return NaN;
  let at = from + 19;
  let ms = 0;
  if (bytes[at] === 46) {
    const fraction = ++at;
    let weight = 100;
    for (let digit = bytes[at]! ^ 48; digit <= 9; digit = bytes[++at]! ^ 48) {
      ms += digit * weight;
      weight = weight === 1 ? 0 : (weight / 10) | 0;
    }
    if (at === fraction || at > fraction + 9) return NaN;
  }
  const zone = zoneMinutes(bytes, at, to);
  const inDay = (hour * 60 + minute - zone) * 60_000 + second * 1000 + ms;
  return dayAt(bytes, from) * 86_400_000 + inDay;
}

function zoneMinutes(bytes: Uint8Array, at: number, to: number): number {
  const byte = bytes[at];
  if (at === to || (byte === 90 && at + 1 === to)) return 0;
  if (byte !== 43 && byte !== 45) return NaN;
  const minutesAt = bytes[at + 3] === 58 ? at + 4 : at + 3;
  const hours = twoDigits(bytes, at + 1);
  const minutes = twoDigits(bytes, minutesAt);
  if (minutesAt + 2 !== to || !(hours <= 23 && minutes <= 59)) return NaN;
  return (byte === 45 ? -1 : 1) * (hours * 60 + minutes);
}
