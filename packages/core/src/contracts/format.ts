import type { RecordBatch } from "apache-arrow";
import type { RowSchema } from "../types/data-type.ts";
import type { ErrorCode } from "../errors/millrace-error.ts";
import type { StandardSchemaV1 } from "@standard-schema/spec";

/** A record that a format refused; `index` counts the input's records, good and bad. */
export interface BadRecord {
  readonly index: number;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly raw: string;
}

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

/** A format of records in bytes. */
export interface Format {
  readonly name: string;
  decoder(options: DecoderOptions): Decoder;
  encoder(schema: RowSchema): Encoder;
}
