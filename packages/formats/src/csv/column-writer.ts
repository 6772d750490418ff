import { isValidAt, valueReader, type ValueReader } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { ByteWriter } from "../value/byte-writer.ts";
import { scalarBytesMax, ScalarWriter } from "../value/scalar-writer.ts";
import type { FieldWriter } from "./field-writer.ts";
import type { CsvDialect } from "./options.ts";

/** What numbers and times consist of. */
const ofScalars = /[-+.:0-9A-Za-z]/;
const quote = 34;
const newline = 10;
const carriageReturn = 13;

/**
 * Writes the values of one column as CSV fields, straight from its bytes.
 *
 * What is rare is written as a text each: types other than numbers, times and texts, and all
 * fields where the dialect has texts for null or a delimiter that numbers hold.
 */
export class CsvColumnWriter {
  readonly #field: FieldType;
  readonly #delimiter: number;
  readonly #fields: FieldWriter;
  readonly #scalar: ScalarWriter | undefined;
  readonly #isText: boolean;
  readonly #read: ValueReader;
  #data: Data | undefined;
  #hasNulls = false;

  constructor(field: FieldType, dialect: CsvDialect, fields: FieldWriter) {
    this.#field = field;
    this.#delimiter = dialect.delimiter;
    this.#fields = fields;
    const { kind } = field.type;
    const isSimple =
      dialect.nullValues.length === 0 && !ofScalars.test(String.fromCharCode(dialect.delimiter));
    this.#scalar = isSimple ? ScalarWriter.of(field.type) : undefined;
    this.#isText = isSimple && (kind === "utf8" || kind === "enum");
    this.#read = valueReader(field.type);
  }

  /** Takes the column that is written next. */
  open(data: Data): void {
    this.#data = data;
    this.#hasNulls = data.nullCount > 0;
    this.#scalar?.open(data);
  }

  /** Writes the row's field, nothing for null. Makes room itself, and for two bytes more. */
  write(into: ByteWriter, row: number): void {
    const data = this.#data!;
    into.reserve(scalarBytesMax);
    if (this.#hasNulls && !isValidAt(data, row)) return;
    if (this.#isText) return this.#writeText(into, data, row);
    if (this.#scalar?.write(into, row) === true) return;
    into.writeText(this.#fields.field(this.#field, this.#read(data, row)));
    into.reserve(2);
  }

  #writeText(into: ByteWriter, data: Data, row: number): void {
    const offsets = data.valueOffsets as Int32Array;
    const source = data.values as Uint8Array;
    const from = offsets[row]!;
    const to = offsets[row + 1]!;
    into.reserve((to - from) * 2 + 4);
    const start = into.size;
    const { bytes } = into;
    const delimiter = this.#delimiter;
    // The byte order mark starts with 0xEF, as some letters do: quotes harm nobody.
    let isPlain = from < to && source[from] !== 0xef;
    let size = start;
    for (let at = from; isPlain && at < to; at++) {
      const byte = source[at]!;
      bytes[size++] = byte;
      isPlain = byte !== delimiter && byte !== quote && byte !== newline && byte !== carriageReturn;
    }
    if (!isPlain) {
      size = start;
      bytes[size++] = quote;
      for (let at = from; at < to; at++) {
        const byte = source[at]!;
        if (byte === quote) bytes[size++] = quote;
        bytes[size++] = byte;
      }
      bytes[size++] = quote;
    }
    into.size = size;
  }
}
