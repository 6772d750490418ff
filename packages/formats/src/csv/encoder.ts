import type { Encoder, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { FieldWriter } from "./field-writer.ts";
import { CsvLineWriter } from "./line-writer.ts";
import type { CsvDialect } from "./options.ts";

const encoder = new TextEncoder();

/**
 * Encodes rows as CSV lines that the CSV decoder reads back, without a header: an encoder keeps no
 * state between calls, so whoever starts a text writes `header()` first. Null is the empty field;
 * the empty text is `""`.
 *
 * **Cost** O(bytes written); a text per value only for nested and rare types
 */
export class CsvEncoder implements Encoder {
  readonly #schema: RowSchema;
  readonly #fields: FieldWriter;
  readonly #lines: CsvLineWriter;

  constructor(schema: RowSchema, dialect: CsvDialect) {
    this.#schema = schema;
    this.#fields = new FieldWriter(dialect);
    this.#lines = new CsvLineWriter(schema, dialect);
  }

  /** The header line, with its end. */
  header(): Uint8Array {
    const names = this.#schema.fields.map((field) => this.#fields.quoted(field.name));
    return encoder.encode(`${names.join(this.#fields.delimiter)}\n`);
  }

  encode(rows: RecordBatch): Uint8Array {
    const lines = this.#lines;
    lines.open(rows);
    for (let row = 0; row < rows.numRows; row++) {
      lines.write(row);
      lines.writer.writeAscii("\n");
    }
    return lines.writer.take();
  }
}
