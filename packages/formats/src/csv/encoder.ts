import { rowReader } from "@millrace/columnar";
import type { Encoder, FieldType, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { toJson } from "../json/to-json.ts";
import type { CsvDialect } from "./options.ts";

const encoder = new TextEncoder();

/**
 * Encodes rows as CSV lines that the CSV decoder reads back, without a header: an encoder keeps no
 * state between calls, so whoever starts a text writes `header()` first. Null is the empty field;
 * the empty text is `""`. One object per row.
 */
export class CsvEncoder implements Encoder {
  readonly #schema: RowSchema;
  readonly #delimiter: string;
  readonly #nullValues: ReadonlySet<string>;

  constructor(schema: RowSchema, dialect: CsvDialect) {
    this.#schema = schema;
    this.#delimiter = String.fromCharCode(dialect.delimiter);
    this.#nullValues = new Set(dialect.nullValues);
  }

  /** The header line, with its end. */
  header(): Uint8Array {
    const names = this.#schema.fields.map((field) => this.#quoted(field.name));
    return encoder.encode(`${names.join(this.#delimiter)}\n`);
  }

  encode(rows: RecordBatch): Uint8Array {
    const read = rowReader(this.#schema);
    const { fields } = this.#schema;
    let lines = "";
    for (let row = 0; row < rows.numRows; row++) {
      const record = read(rows, row);
      lines += `${fields.map((field) => this.#field(field, record[field.name])).join(this.#delimiter)}\n`;
    }
    return encoder.encode(lines);
  }

  #field({ type }: FieldType, value: unknown): string {
    if (value === null || value === undefined) return "";
    const json = toJson(type, value);
    const isNested = ["json", "list", "map", "row"].includes(type.kind);
    // Numbers keep what JSON has no text for: NaN and the infinities.
    return this.#quoted(
      isNested ? JSON.stringify(json) : Object.is(json, -0) ? "-0" : String(json),
    );
  }

  #quoted(text: string): string {
    const isPlain =
      text !== "" &&
      !/["\r\n]|^\uFEFF/.test(text) &&
      !text.includes(this.#delimiter) &&
      !this.#nullValues.has(text);
    return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
  }
}
