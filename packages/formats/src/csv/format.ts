import type { DecoderOptions, RowSchema } from "@millrace/core";
import type { PlacingFormat } from "../value/placed-record.ts";
import { CsvDecoder, type CsvInput } from "./decoder.ts";
import { CsvEncoder } from "./encoder.ts";
import { type CsvHeader, readHeader } from "./header.ts";
import { csvDialect, type CsvOptions } from "./options.ts";
import { CsvRecordDecoder } from "./record-decoder.ts";
import { CsvRecordEncoder } from "./record-encoder.ts";

/** CSV in one dialect. */
export interface CsvFormat extends PlacingFormat {
  /** The header at the start of `bytes`; undefined when its line has no end yet, or is absent. */
  readHeader(bytes: Uint8Array, isEnd: boolean): CsvHeader | undefined;
  decoder(options: DecoderOptions, input?: CsvInput): CsvDecoder;
  encoder(schema: RowSchema): CsvEncoder;
}

/**
 * Comma-separated values (RFC 4180): quotes, doubled quotes, line ends in quotes, LF or CRLF.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID`
 */
export function csvFormat(options: CsvOptions = {}): CsvFormat {
  const dialect = csvDialect(options);
  return {
    name: "csv",
    readHeader: (bytes, isEnd) => readHeader(bytes, dialect.delimiter, isEnd),
    decoder: (decoderOptions, input) => new CsvDecoder(decoderOptions, dialect, input),
    encoder: (schema) => new CsvEncoder(schema, dialect),
    recordDecoder: (decoderOptions) => new CsvRecordDecoder(decoderOptions, dialect),
    recordEncoder: (schema) => new CsvRecordEncoder(schema, dialect),
  };
}
