/** The six bits of each letter; 128 for the bytes that are none. */
const sextets = new Uint8Array(256).fill(128);
for (let i = 0; i < 26; i++) {
  sextets[65 + i] = i;
  sextets[97 + i] = 26 + i;
}
for (let i = 0; i < 10; i++) sextets[48 + i] = 52 + i;
sextets[43] = 62;
sextets[47] = 63;

/** Reads the base64 of a JSON string. */
export class Base64Reader {
  /** Index after the bytes just written. */
  into = 0;

  /**
   * Reads the string whose first letter is at `from` into `bytes` at `into`; gives the index after
   * its closing quote, or −1 when it is no base64 or has escapes. S1 of `scan.ts` holds.
   */
  read(source: Uint8Array, from: number, bytes: Uint8Array, into: number): number {
    let at = from;
    let next = into;
    for (;;) {
      const a = sextets[source[at]!]!;
      const b = sextets[source[at + 1]!]!;
      const c = sextets[source[at + 2]!]!;
      const d = sextets[source[at + 3]!]!;
      if ((a | b | c | d) >= 128) break;
      bytes[next++] = (a << 2) | (b >> 4);
      bytes[next++] = (b << 4) | (c >> 2);
      bytes[next++] = (c << 6) | d;
      at += 4;
    }
    if (source[at] !== 34) {
      const a = sextets[source[at]!]!;
      const b = sextets[source[at + 1]!]!;
      const c = sextets[source[at + 2]!]!;
      if ((a | b) >= 128 || source[at + 3] !== 61) return -1;
      bytes[next++] = (a << 2) | (b >> 4);
      if (c < 128) bytes[next++] = (b << 4) | (c >> 2);
      else if (source[at + 2] !== 61) return -1;
      at += 4;
      if (source[at] !== 34) return -1;
    }
    this.into = next;
    return at + 1;
  }
}
