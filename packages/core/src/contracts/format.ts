import type { RecordBatch } from "apache-arrow";
import type { RowSchema } from "../types/data-type.ts";
import type { RowType } from "../types/row-type.ts";
import type { ErrorCode } from "../errors/millrace-error.ts";
import type { Json } from "./json.ts";
import type { RecordMeta } from "./record-meta.ts";
import type { StandardSchemaV1 } from "@standard-schema/spec";

/** A record that a format refused; `index` counts the input's records, good and bad. */
export interface BadRecord {
  readonly index: number;
  readonly code: ErrorCode;
  readonly reason: string;
  /** The record's bytes, cut at 64 KiB. */
  readonly raw: string;
  /** How `raw` holds bytes that are no text; absent when it is their text. */
  readonly rawEncoding?: "base64";
  /** Where in the record the problem is, as far as the format can tell. */
  readonly place?: BadRecordPlace;
}

/** A place in a record. A type and not an interface, so that it is JSON too. */
export type BadRecordPlace = {
  /** The path of the member: `place.name`, `tags[]`, `scores{}`. */
  readonly field?: string;
  /** Bytes from the record's start. */
  readonly byte?: number;
};

/** What a decoder made of some bytes. */
export interface DecodedRecords {
  /** The good rows, in order. */
  readonly rows: RecordBatch;
  /**
   * Index among the input's records of each good row; absent when none was bad (then it is 0, 1, 2,
   * …).
   */
  readonly recordIndex?: Int32Array;
  readonly badRecords: readonly BadRecord[];
  /** Records read, good and bad. */
  readonly recordCount: number;
  /** Bytes consumed: up to the end of the last whole record. */
  readonly bytesRead: number;
}

/** Bytes → batches. Stateless between calls but for what a header line fixed. */
export interface Decoder {
  /**
   * Decodes whole records from the start of `bytes`, at most `rowsMax`. A last record without its
   * end is left unread unless `isEnd`.
   */
  decode(bytes: Uint8Array, options: { rowsMax: number; isEnd: boolean }): DecodedRecords;
}

/** Batches → bytes: whole records, each with its end. */
export interface Encoder {
  encode(rows: RecordBatch): Uint8Array;
}

/** What a decoder is made for. */
export interface DecoderOptions {
  /** The row type. */
  readonly schema: RowSchema;
  /** Columns to give, in this order; others are checked no further than the format must. */
  readonly columns: readonly string[];
  /** Checks given by `.validate`, by column. */
  readonly validators: ReadonlyMap<string, readonly StandardSchemaV1[]>;
}

/**
 * Records as ranges of one buffer: columns, no object per record. `LogRecords` are such, and so is
 * what a record encoder gives.
 */
export interface RecordRanges {
  readonly count: number;
  readonly buffer: Uint8Array;
  /** Start of each record in `buffer`. */
  readonly valueStart: Int32Array;
  readonly valueLength: Int32Array;
  /** What a record has beside its value; absent where there are values only. */
  readonly meta?: RecordMeta;
}

/** What a record decoder made of some records. */
export interface DecodedValues {
  /** The good rows, in order. */
  readonly rows: RecordBatch;
  /**
   * Index among `records` of each good row; absent when none was bad (then it is `from`, `from` +
   * 1, …).
   */
  readonly recordIndex?: Int32Array;
  /** Their `index` counts from the start of `records`, not from `from`. */
  readonly badRecords: readonly BadRecord[];
}

/**
 * Records that are ranges of bytes → batches. Stateless between calls, but for schemas it knows.
 */
export interface RecordDecoder {
  /**
   * Fetches what `decode` needs for records `from` to `to`, such as schemas that they name. To be
   * awaited before they are decoded; gives undefined where nothing is to be waited for, and is
   * absent in formats that never need anything.
   */
  prepare?(records: RecordRanges, from?: number, to?: number): Promise<void> | undefined;
  /**
   * Decodes records `from` (default 0) to `to` (default all; exclusive). What it gives is its own:
   * the records' memory may be used for others after that.
   */
  decode(records: RecordRanges, from?: number, to?: number): DecodedValues;
}

/** Batches → one record a row, without ends between them. */
export interface RecordEncoder {
  /** The buffer is the caller's. */
  encode(rows: RecordBatch): RecordRanges;
}

/** A format of single records, as a topic holds them. */
export interface RecordFormat {
  readonly name: string;
  /** Whether its decoders read keys, times or headers. Default no. */
  readonly needsMeta?: boolean;
  recordDecoder(options: DecoderOptions): RecordDecoder;
  /**
   * Does what has to be done before rows are written, such as registering their schema; to be
   * awaited before `recordEncoder`. Absent in formats without such.
   */
  prepareEncoding?(schema: RowSchema): Promise<void>;
  recordEncoder(schema: RowSchema): RecordEncoder;
}

/** A record format and its row type as the user writes them, `json(Flight)`: plain data. */
export interface FormatDescriptor<Row extends object> {
  readonly format: string;
  readonly rowType: RowType<Row>;
  /** What the format of that name is made with. */
  readonly options: Json;
}

/** A format of records that follow each other in a file. */
export interface Format extends RecordFormat {
  decoder(options: DecoderOptions): Decoder;
  encoder(schema: RowSchema): Encoder;
}
