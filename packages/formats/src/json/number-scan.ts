import { skipNumber } from "./scan.ts";

const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/** Whether the four bytes of a word, after flipping 0x30 in each, are all 0 to 9. */
function isFourDigits(flipped: number): boolean {
  return (((flipped + 0x76767676) | flipped) & 0x80808080) === 0;
}

/** The number that four digits spell, the first one in the lowest byte. */
function fourDigits(flipped: number): number {
  const pairs = Math.imul(flipped, 10) + (flipped >>> 8);
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
}

/**
 * Reads a JSON number at `from` into `into[0]`, as JSON.parse would; gives the index after it, or
 * −1 when it is none. S1 of `scan.ts` holds.
 */
export function scanNumber(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  into: Float64Array,
): number {
  const first = bytes[from] === 45 ? from + 1 : from;
  let at = first;
  let value = 0;
  let word = view.getInt32(at, true) ^ 0x30303030;
  while (isFourDigits(word)) {
    value = value * 10_000 + fourDigits(word);
    at += 4;
    word = view.getInt32(at, true) ^ 0x30303030;
  }
  let digit = bytes[at]! ^ 48;
  while (digit <= 9) {
    value = value * 10 + digit;
    digit = bytes[++at]! ^ 48;
  }
  let digits = at - first;
  if (digits === 0 || (digits > 1 && bytes[first] === 48)) return -1;
  if (bytes[at] === 46) {
    const fraction = ++at;
    digit = bytes[at]! ^ 48;
    while (digit <= 9) {
      value = value * 10 + digit;
      digit = bytes[++at]! ^ 48;
    }
    const scale = at - fraction;
    if (scale === 0) return -1;
    digits += scale;
    // With at most 15 digits, mantissa and power are exact, and so one division rounds correctly
    // (Clinger, "How to Read Floating Point Numbers Accurately").
    if (digits <= 15) value /= powersOfTen[scale]!;
  }
  if (digits > 15 || (bytes[at]! | 32) === 101) return scanLongNumber(bytes, from, into);
  into[0] = first === from ? value : -value;
  return at;
}

function scanLongNumber(bytes: Uint8Array, from: number, into: Float64Array): number {
  const end = skipNumber(bytes, from);
  if (end < 0) return -1;
  let value = closeQuotient(bytes, from, end);
  if (value !== value) {
    let text = "";
    for (let at = from; at < end; at++) text += String.fromCharCode(bytes[at]!);
    value = Number(text);
  }
  into[0] = value;
  return end;
}

/** How far, relative to the value, its two parts may be from the true quotient; far too much. */
const quotientError = 2 ** -90;

/**
 * The number in [from, end), of at most 19 digits without exponent; NaN when it is another one, or
 * lies too near the middle between two doubles to say which one is nearer.
 *
 * Mantissa and quotient are each the sum of two doubles, with twice the precision of one.
 *
 * **Source** Dekker, "A Floating-Point Technique for Extending the Available Precision", 1971
 */
function closeQuotient(bytes: Uint8Array, from: number, end: number): number {
  const isNegative = bytes[from] === 45;
  let high = 0;
  let low = 0;
  let digits = 0;
  let dot = end;
  for (let at = isNegative ? from + 1 : from; at < end; at++) {
    const digit = bytes[at]! ^ 48;
    if (bytes[at] === 46) dot = at + 1;
    else if (digit > 9) return NaN;
    else if (digits++ < 15) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  const scale = end - dot;
  if (digits < 16 || digits > 19 || scale > 22) return NaN;
  const shift = powersOfTen[digits - 15]!;
  const shifted = high * shift;
  const mantissa = shifted + low;
  const mantissaRest = low - (mantissa - shifted) + productError(high, shift, shifted);
  const power = powersOfTen[scale]!;
  const quotient = mantissa / power;
  const product = quotient * power;
  const rest = mantissa - product - productError(quotient, power, product) + mantissaRest;
  const correction = rest / power;
  const error = quotient * quotientError;
  const value = quotient + (correction + error);
  if (value !== quotient + (correction - error)) return NaN;
  return isNegative ? -value : value;
}

/** What a × b is more than its rounded product. */
function productError(a: number, b: number, product: number): number {
  const splitA = a * 134_217_729;
  const highA = splitA - (splitA - a);
  const lowA = a - highA;
  const splitB = b * 134_217_729;
  const highB = splitB - (splitB - b);
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}
