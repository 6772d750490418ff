const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** Reads decimal numbers of few digits from bytes, without making a string. */
export class NumberReader {
  /** Where the number just read ended; −1 when it was none, or has many digits or an exponent. */
  end = -1;

  /** The number, in JSON's notation, that starts at `at`; see `end`. O(digits). */
  read(bytes: Uint8Array, at: number, to: number): number {
    const isNegative = bytes[at] === 45;
    const first = isNegative ? at + 1 : at;
    let mantissa = 0;
    let next = first;
    for (; next < to && isDigit(bytes[next]!); next++) mantissa = mantissa * 10 + bytes[next]! - 48;
    let digits = next - first;
    this.end = -1;
    if (digits === 0 || (digits > 1 && bytes[first] === 48)) return NaN;
    let scale = 0;
    if (next < to && bytes[next] === 46) {
      const dot = next++;
      for (; next < to && isDigit(bytes[next]!); next++) {
        mantissa = mantissa * 10 + bytes[next]! - 48;
      }
      scale = next - dot - 1;
      if (scale === 0) return NaN;
      digits += scale;
    }
    // With at most 15 digits and a power of ten up to 10^22 both are exact, and so one division
    // rounds correctly (Clinger, "How to Read Floating Point Numbers Accurately").
    if (digits > 15) return NaN;
    if (next < to && (bytes[next] === 69 || bytes[next] === 101)) return NaN;
    this.end = next;
    const value = scale === 0 ? mantissa : mantissa / powersOfTen[scale]!;
    return isNegative ? -value : value;
  }
}
