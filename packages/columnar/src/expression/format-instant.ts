import { datePart } from "./calendar.ts";

type Write = (ms: number) => string;

const tokens: Readonly<Record<string, Write>> = {
  yyyy: (ms) => yearText(datePart.year(ms)),
  MM: (ms) => digits(datePart.month(ms), 2),
  dd: (ms) => digits(datePart.day(ms), 2),
  HH: (ms) => digits(datePart.hour(ms), 2),
  mm: (ms) => digits(datePart.minute(ms), 2),
  ss: (ms) => digits(datePart.second(ms), 2),
  SSS: (ms) => digits(ms - Math.floor(ms / 1000) * 1000, 3),
};
const partPattern = /yyyy|MM|dd|HH|mm|ss|SSS|'(?:[^']|'')*'|[^A-Za-z']/gu;

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

function yearText(year: number): string {
  return year < 0 ? `-${digits(-year, 4)}` : digits(year, 4);
}

function literalText(part: string): string {
  if (part === "''") return "'";
  return part.startsWith("'") ? part.slice(1, -1).replaceAll("''", "'") : part;
}

const formats: Map<string, Write> = new Map();
const formatsMax = 1000;

/** Text of an instant in epoch milliseconds, UTC; the pattern is kept, see `formatTime`. */
export function formatInstantBy(ms: number, pattern: string): string {
  let format = formats.get(pattern);
  if (format === undefined) {
    format = formatOf(pattern);
    if (formats.size >= formatsMax) formats.clear();
    formats.set(pattern, format);
  }
  return format(ms);
}

function formatOf(pattern: string): Write {
  const writes = (pattern.match(partPattern) ?? []).map((part): Write => {
    const text = literalText(part);
    return tokens[part] ?? (() => text);
  });
  return (ms) => {
    let text = "";
    for (const write of writes) text += write(ms);
    return text;
  };
}
