import type { FieldType } from "@millrace/core";
import { bareText } from "../value/bare-text.ts";
import type { CsvDialect } from "./options.ts";

/** Writes values and names as CSV fields. */
export class FieldWriter {
  readonly delimiter: string;
  readonly #nullValues: ReadonlySet<string>;

  constructor(dialect: CsvDialect) {
    this.delimiter = String.fromCharCode(dialect.delimiter);
    this.#nullValues = new Set(dialect.nullValues);
  }

  /** A value as a field. */
  field({ type }: FieldType, value: unknown): string {
    if (value === null || value === undefined) return "";
    return this.quoted(bareText(type, value));
  }

  /** The text as a field, in quotes where it needs them. */
  quoted(text: string): string {
    const isPlain =
      text !== "" &&
      !/["\r\n]|^\uFEFF/.test(text) &&
      !text.includes(this.delimiter) &&
      !this.#nullValues.has(text);
    return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
  }
}
