const surrogate = /[\ud800-\udfff]/;

function orderOfUnit(unit: number): number {
  // Surrogates stand for code points above U+FFFF, so they come after U+E000 … U+FFFF.
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** Compares by code points, which is the order of UTF-8 bytes. Negative, 0 or positive. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a !== b) return orderOfUnit(a) - orderOfUnit(b);
  }
  return left.length - right.length;
}

/** Length in code points. */
export function codePointLength(text: string): number {
  if (!surrogate.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/**
 * `length` code points from code point `start`; to the end when absent. Negative ones count as 0.
 */
export function substringCodePoints(text: string, start: number, length?: number): string {
  const from = Math.max(0, start);
  const to = length === undefined ? Infinity : from + Math.max(0, length);
  if (!surrogate.test(text)) return text.slice(from, to);
  return Array.from(text).slice(from, to).join("");
}

/** The part between separators at a 0-based index; null beyond. All of it without a separator. */
export function splitPart(text: string, separator: string, index: number): string | null {
  if (separator === "") return index === 0 ? text : null;
  let from = 0;
  for (let at = 0; at < index; at += 1) {
    const next = text.indexOf(separator, from);
    if (next < 0) return null;
    from = next + separator.length;
  }
  const end = text.indexOf(separator, from);
  return text.slice(from, end < 0 ? undefined : end);
}

const patterns: Map<string, RegExp> = new Map();
const patternsMax = 1000;

/** The compiled pattern, kept: compiling one per row would cost more than matching it. */
export function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    pattern = new RegExp(source, "u");
    if (patterns.size >= patternsMax) patterns.clear();
    patterns.set(source, pattern);
  }
  return pattern;
}

/** What a group of a pattern found; null without a match, or where the group took no part in it. */
export function regexpExtract(text: string, source: string, group: number): string | null {
  return patternOf(source).exec(text)?.[group] ?? null;
}

/** Whether bytes [from, to) are those of `text`. */
export function isSameBytes(
  bytes: Uint8Array,
  from: number,
  to: number,
  text: Uint8Array,
): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
  return true;
}

/** Whether bytes [from, to) are those of one of the texts. */
export function isAnyBytes(
  bytes: Uint8Array,
  from: number,
  to: number,
  texts: readonly Uint8Array[],
): boolean {
  for (let i = 0; i < texts.length; i++) {
    if (isSameBytes(bytes, from, to, texts[i]!)) return true;
  }
  return false;
}
