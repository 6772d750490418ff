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
 * Reads a JSON number at `from` into `into[0]`, as JSON.parse would; gives the index after it, or −1
 * when it is none. S1 of `scan.ts` holds.
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
  let text = "";
  for (let at = from; at < end; at++) text += String.fromCharCode(bytes[at]!);
  into[0] = Number(text);
  return end;
}
