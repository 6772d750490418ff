import {
  codePointLength,
  patternOf,
  regexpExtract,
  splitPart,
  substringCodePoints,
} from "./text-functions.ts";

/** A function that the loop calls for rows without null. */
export interface TextCall {
  readonly apply: (...values: never[]) => unknown;
  readonly gives: "number" | "boolean" | "text" | "textOrNull";
}

/** Functions whose first argument is text. */
export const textCalls: Readonly<Record<string, TextCall>> = {
  lower: { apply: (text: string) => text.toLowerCase(), gives: "text" },
  upper: { apply: (text: string) => text.toUpperCase(), gives: "text" },
  trim: { apply: (text: string) => text.trim(), gives: "text" },
  length: { apply: codePointLength, gives: "number" },
  substring: { apply: substringCodePoints, gives: "text" },
  contains: { apply: (text: string, inner: string) => text.includes(inner), gives: "boolean" },
  startsWith: { apply: (text: string, start: string) => text.startsWith(start), gives: "boolean" },
  endsWith: { apply: (text: string, end: string) => text.endsWith(end), gives: "boolean" },
  replace: {
    apply: (text: string, from: string, to: string) => text.replaceAll(from, () => to),
    gives: "text",
  },
  matches: {
    apply: (text: string, source: string) => patternOf(source).test(text),
    gives: "boolean",
  },
  regexpExtract: { apply: regexpExtract, gives: "textOrNull" },
  splitPart: { apply: splitPart, gives: "textOrNull" },
};
