import { isUtf8 } from "node:buffer";
import { type DecoderOptions, millraceError } from "@millrace/core";
import { badLine } from "../value/bad-record.ts";
import { malformed } from "../value/field-problem.ts";
import type { PlacedBadRecord, PlacedRecords, PlacingDecoder } from "../value/placed-record.ts";
import { CsvRows } from "./csv-rows.ts";
import { byteOrderMarkBytes, type CsvHeader, readHeader } from "./header.ts";
import type { CsvDialect } from "./options.ts";

/** Where the bytes of a CSV decoder come from. */
export interface CsvInput {
  /** Names the input in errors. */
  readonly path: string;
  /** The header that stood before the bytes; when absent, it is read from the first bytes. */
  readonly header?: CsvHeader;
}

/**
 * Decodes CSV (RFC 4180). Numbers, ISO timestamps and texts are read from the bytes.
 *
 * A header, where there is one, is read by the first call with its whole line; columns are then
 * found by name (of repeated names the first counts), else by position in the row type. Empty lines
 * are no records, unless the text has one column only. Of a nullable column the empty field without
 * quotes is null; of a `utf8` column that is not nullable, it is the empty text.
 *
 * **Cost** O(bytes); one string per field only where the bytes do not do
 *
 * @throws MillraceError `FILE_COLUMN_MISSING` when the header lacks a column of the row type
 */
export class CsvDecoder implements PlacingDecoder {
  readonly #options: DecoderOptions;
  readonly #dialect: CsvDialect;
  readonly #input: CsvInput;
  readonly #rows: CsvRows<PlacedBadRecord>;

  constructor(options: DecoderOptions, dialect: CsvDialect, input: CsvInput = { path: "CSV" }) {
    this.#options = options;
    this.#dialect = dialect;
    this.#input = input;
    this.#rows = new CsvRows(options, dialect);
    if (input.header !== undefined) this.#findPlaces(input.header.names);
  }

  #findPlaces(names: readonly string[]): void {
    for (const { name } of this.#options.schema.fields) {
      if (names.includes(name)) continue;
      const { path } = this.#input;
      throw millraceError("FILE_COLUMN_MISSING", { path, column: name, columns: names });
    }
    this.#rows.setNames(names);
  }

  /** Bytes before the first record; −1 when the header is not whole yet. */
  #begin(bytes: Uint8Array, isEnd: boolean): number {
    if (this.#dialect.hasHeader) {
      const header = readHeader(bytes, this.#dialect.delimiter, isEnd);
      if (header === undefined) return -1;
      this.#findPlaces(header.names);
      return header.bytesRead;
    }
    if (bytes.length < 3 && !isEnd) return -1;
    this.#findPlaces(this.#options.schema.fields.map((field) => field.name));
    return byteOrderMarkBytes(bytes);
  }

  decode(bytes: Uint8Array, options: { rowsMax: number; isEnd: boolean }): PlacedRecords {
    const rows = this.#rows;
    const { scanner, tally } = rows;
    const start = rows.width < 0 ? this.#begin(bytes, options.isEnd) : 0;
    tally.start(0);
    let from = Math.max(start, 0);
    // Without its header nothing can be read.
    const end = start < 0 ? 0 : bytes.length;
    const isAllText = isUtf8(bytes.subarray(0, bytes.lastIndexOf(10) + 1));
    while (tally.next < options.rowsMax && from < end) {
      const record = from;
      const next = scanner.scan(bytes, record, options.isEnd);
      if (next < 0) break;
      from = next;
      const { recordEnd } = scanner;
      if (recordEnd === record && rows.width !== 1) continue;
      const isText =
        (isAllText && bytes[next - 1] === 10) || isUtf8(bytes.subarray(record, recordEnd));
      const problem = isText ? rows.read(bytes) : malformed("CSV", "not UTF-8");
      if (problem === undefined) tally.accept();
      else {
        const line = bytes.subarray(record, recordEnd);
        tally.refuse({ ...badLine(tally.next, problem, line), byte: record });
      }
    }
    return {
      rows: rows.takeRows(),
      ...tally.result(),
      recordCount: tally.next,
      bytesRead: from,
    };
  }
}
