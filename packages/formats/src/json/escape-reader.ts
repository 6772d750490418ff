/** The byte that a letter after a backslash stands for; 0 for the others. */
const escaped = new Uint8Array(256);
for (const [letter, text] of Object.entries({ b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" })) {
  escaped[letter.charCodeAt(0)] = text.charCodeAt(0);
}
for (const byte of [34, 47, 92]) escaped[byte] = byte;

/** The number that four hexadecimal digits spell; −1 when there are no four. */
function hexAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let next = at; next < at + 4; next++) {
    const byte = bytes[next]!;
    const digit = byte ^ 48;
    const letter = (byte | 32) - 97;
    if (digit <= 9) value = value * 16 + digit;
    else if (letter >= 0 && letter <= 5) value = value * 16 + letter + 10;
    else return -1;
  }
  return value;
}

/** Reads one escape of a JSON string as UTF-8. */
export class EscapeReader {
  /** Index after the escape just read, and after the bytes just written. */
  at = 0;
  into = 0;

  /**
   * Reads the escape whose backslash is at `from` into `text` at `into`; false when it is none. A
   * lone surrogate becomes U+FFFD, as it does whenever a string becomes UTF-8.
   */
  read(bytes: Uint8Array, from: number, text: Uint8Array, into: number): boolean {
    const letter = bytes[from + 1]!;
    if (letter !== 117) {
      text[into] = escaped[letter]!;
      this.at = from + 2;
      this.into = into + 1;
      return escaped[letter] !== 0;
    }
    const unit = hexAt(bytes, from + 2);
    if (unit < 0) return false;
    this.at = from + 6;
    let point = unit;
    if ((unit & 0xf800) === 0xd800) {
      const isPair = unit < 0xdc00 && bytes[from + 6] === 92 && bytes[from + 7] === 117;
      const low = isPair ? hexAt(bytes, from + 8) : -1;
      point = 0xfffd;
      if (low >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((unit - 0xd800) << 10) + low - 0xdc00;
        this.at = from + 12;
      }
    }
    this.#write(point, text, into);
    return true;
  }

  #write(point: number, text: Uint8Array, into: number): void {
    let at = into;
    if (point < 0x80) {
      text[at++] = point;
    } else if (point < 0x800) {
      text[at++] = 0xc0 | (point >> 6);
      text[at++] = 0x80 | (point & 63);
    } else {
      if (point < 0x10000) {
        text[at++] = 0xe0 | (point >> 12);
      } else {
        text[at++] = 0xf0 | (point >> 18);
        text[at++] = 0x80 | ((point >> 12) & 63);
      }
      text[at++] = 0x80 | ((point >> 6) & 63);
      text[at++] = 0x80 | (point & 63);
    }
    this.into = at;
  }
}
