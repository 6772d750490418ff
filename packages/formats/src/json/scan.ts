// S1. A scan starts before a line feed at `stop`, and 8 bytes may be read from there on. JSON holds
//     raw line feeds only between tokens, where they are not skipped here; so every scan ends at
//     `stop` at the latest, and none compares its position with the end.
// S2. The bytes are known to be valid UTF-8.
// S3. A scan gives the index after what it scanned, or −1 where JSON.parse would refuse the text or
//     where only JSON.parse can tell.

/** Nesting of values that is followed here; deeper ones are left to JSON.parse. */
const depthMax = 64;

/** Index of the next byte that is no space, tab or carriage return. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 32 || bytes[at] === 9 || bytes[at] === 13) at++;
  return at;
}

/**
 * A word with the high bit set in each byte that ends a plain run of text: a quote, a backslash, a
 * control byte. Bits above the lowest one set may be wrong.
 */
export function textEndBits(word: number): number {
  // With bit 1 flipped, the quote (0x22) follows the control bytes (0x00 to 0x1f) as 0x20.
  const flipped = word ^ 0x02020202;
  const slash = word ^ 0x5c5c5c5c;
  return (((flipped - 0x21212121) & ~flipped) | ((slash - 0x01010101) & ~slash)) & 0x80808080;
}

/** Index in its word of the lowest byte that is marked. */
export function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}

/** Index of the first quote, backslash or control byte at or after `from`. */
export function plainTextEnd(view: DataView, from: number): number {
  let at = from;
  let bits = textEndBits(view.getInt32(at, true));
  while (bits === 0) {
    at += 4;
    bits = textEndBits(view.getInt32(at, true));
  }
  return at + lowestByte(bits);
}

/** Skips a string, from the byte after its opening quote to the one after its closing quote. */
export function skipText(bytes: Uint8Array, view: DataView, from: number): number {
  let at = plainTextEnd(view, from);
  while (bytes[at] === 92) {
    at = escapeEnd(bytes, at + 1);
    if (at < 0) return -1;
    at = plainTextEnd(view, at);
  }
  return bytes[at] === 34 ? at + 1 : -1;
}

function escapeEnd(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case 34:
    case 47:
    case 92:
    case 98:
    case 102:
    case 110:
    case 114:
    case 116:
      return at + 1;
    case 117:
      for (let digit = at + 1; digit < at + 5; digit++) if (!isHexDigit(bytes[digit]!)) return -1;
      return at + 5;
    default:
      return -1;
  }
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 32;
  return (byte >= 48 && byte <= 57) || (lower >= 97 && lower <= 102);
}

function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at]! ^ 48) <= 9) at++;
  return at;
}

/** Skips a number. */
export function skipNumber(bytes: Uint8Array, from: number): number {
  const first = bytes[from] === 45 ? from + 1 : from;
  let at = skipDigits(bytes, first);
  if (at === first || (bytes[first] === 48 && at > first + 1)) return -1;
  if (bytes[at] === 46) {
    const fraction = at + 1;
    at = skipDigits(bytes, fraction);
    if (at === fraction) return -1;
  }
  if ((bytes[at]! | 32) === 101) {
    const sign = bytes[at + 1];
    const exponent = sign === 43 || sign === 45 ? at + 2 : at + 1;
    at = skipDigits(bytes, exponent);
    if (at === exponent) return -1;
  }
  return at;
}

const wordTrue = 0x65757274;
const wordNull = 0x6c6c756e;
const wordAlse = 0x65736c61;

/** Whether `true` starts at `at`. */
export function isTrueAt(view: DataView, at: number): boolean {
  return view.getInt32(at, true) === wordTrue;
}

/** Whether `null` starts at `at`. */
export function isNullAt(view: DataView, at: number): boolean {
  return view.getInt32(at, true) === wordNull;
}

/** Whether `false` starts at `at`. */
export function isFalseAt(bytes: Uint8Array, view: DataView, at: number): boolean {
  return bytes[at] === 102 && view.getInt32(at + 1, true) === wordAlse;
}

/** Skips any value, which starts at `at`, and checks it as JSON.parse would. */
export function skipValue(bytes: Uint8Array, view: DataView, at: number, depth = 0): number {
  switch (bytes[at]) {
    case 34:
      return skipText(bytes, view, at + 1);
    case 123:
    case 91:
      return depth >= depthMax ? -1 : skipNested(bytes, view, at, depth + 1);
    case 116:
      return isTrueAt(view, at) ? at + 4 : -1;
    case 102:
      return isFalseAt(bytes, view, at) ? at + 5 : -1;
    case 110:
      return isNullAt(view, at) ? at + 4 : -1;
    default:
      return skipNumber(bytes, at);
  }
}

function skipNested(bytes: Uint8Array, view: DataView, from: number, depth: number): number {
  const isObject = bytes[from] === 123;
  const close = isObject ? 125 : 93;
  let at = skipSpace(bytes, from + 1);
  if (bytes[at] === close) return at + 1;
  for (;;) {
    if (isObject) {
      if (bytes[at] !== 34) return -1;
      at = skipText(bytes, view, at + 1);
      if (at < 0) return -1;
      at = skipSpace(bytes, at);
      if (bytes[at] !== 58) return -1;
      at = skipSpace(bytes, at + 1);
    }
    at = skipValue(bytes, view, at, depth);
    if (at < 0) return -1;
    at = skipSpace(bytes, at);
    if (bytes[at] === close) return at + 1;
    if (bytes[at] !== 44) return -1;
    at = skipSpace(bytes, at + 1);
  }
}
