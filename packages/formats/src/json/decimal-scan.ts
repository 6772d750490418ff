import type { ValueColumn } from "../value/value-column.ts";

/** With at most 15 digits, a whole number is exact. */
const digitsMax = 15;
const powersOfTen = Float64Array.from({ length: digitsMax + 1 }, (_, power) => 10 ** power);

/**
 * Reads the decimal at `from`, a number or a text, into the row; gives the index after it, or −1
 * when it has an exponent or many digits, or does not fit. S1 of `scan.ts` holds.
 */
export function scanDecimal(
  bytes: Uint8Array,
  from: number,
  column: ValueColumn,
  row: number,
): number {
  const isText = bytes[from] === 34;
  const sign = isText ? from + 1 : from;
  const first = bytes[sign] === 45 ? sign + 1 : sign;
  let at = first;
  let unscaled = 0;
  let digit = bytes[at]! ^ 48;
  while (digit <= 9) {
    unscaled = unscaled * 10 + digit;
    digit = bytes[++at]! ^ 48;
  }
  const whole = at - first;
  let fraction = 0;
  if (bytes[at] === 46) {
    const dot = at++;
    digit = bytes[at]! ^ 48;
    while (digit <= 9) {
      unscaled = unscaled * 10 + digit;
      digit = bytes[++at]! ^ 48;
    }
    fraction = at - dot - 1;
    if (fraction === 0) return -1;
  }
  const zeros = column.scale - fraction;
  if (whole === 0 || zeros < 0 || whole + fraction + zeros > digitsMax) return -1;
  if (isText ? bytes[at] !== 34 : (bytes[at]! | 32) === 101) return -1;
  if (!isText && whole > 1 && bytes[first] === 48) return -1;
  unscaled *= powersOfTen[zeros]!;
  if (column.precision < digitsMax && unscaled >= powersOfTen[column.precision]!) return -1;
  column.setUnscaled(row, first === sign ? unscaled : -unscaled);
  return isText ? at + 1 : at;
}
