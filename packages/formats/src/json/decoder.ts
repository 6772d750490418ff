import { isUtf8 } from "node:buffer";
import { batchSchema, makeBatch } from "@millrace/columnar";
import type { DecoderOptions } from "@millrace/core";
import type { Schema } from "apache-arrow";
import { badRecord } from "../value/bad-record.ts";
import { columnChecks, selectedFields } from "../value/column-checks.ts";
import { FieldProblem, malformed } from "../value/field-problem.ts";
import { memberFromJson } from "../value/from-json.ts";
import type { PlacedBadRecord, PlacedRecords, PlacingDecoder } from "../value/placed-record.ts";
import { JsonColumn } from "./json-column.ts";
import { RecordReader } from "./record-reader.ts";
import { skipSpace } from "./scan.ts";

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const rowsAtFirst = 256;
const windowBytesMin = 16_384;
const windowBytesMax = 524_288;
/** Bytes that may be read after the last line feed of a window; S1 of `scan.ts`. */
const padding = 8;

/** Whole lines of the bytes given, or of a copy of them, each with its line feed. */
interface Window {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Index in the bytes given of index 0 here. */
  readonly base: number;
  readonly isText: boolean;
}

/**
 * Decodes newline-delimited JSON: one object per line, blank lines are no records.
 *
 * Values go from the bytes into columns; what is out of the ordinary is read by `JSON.parse`, with
 * the same result. Of repeated members the last counts. Members that are not in `columns` are
 * skipped, but a record is refused exactly if `JSON.parse` would refuse it, or a column.
 *
 * **Cost** O(bytes of the records read); an object per record only where a record is refused, has
 * repeated members or escapes in a member's name, or is nested more than 64 deep
 * **Nulls** an absent member of a nullable column is null
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` when a check turns out to be asynchronous
 */
export class JsonDecoder implements PlacingDecoder {
  readonly #schema: Schema;
  readonly #columns: readonly JsonColumn[];
  readonly #reader: RecordReader;
  readonly #isFast: boolean;
  #copy: Uint8Array = new Uint8Array(0);
  #rows = 0;
  #records = 0;
  #recordIndex: number[] = [];
  #badRecords: PlacedBadRecord[] = [];

  /** `isFast: false` reads every record by `JSON.parse`: what the fast path is compared with. */
  constructor(options: DecoderOptions & { isFast?: boolean }) {
    const fields = selectedFields(options);
    const checks = columnChecks("json", fields, options.validators);
    this.#schema = batchSchema(fields);
    this.#columns = fields.map((field, i) => new JsonColumn(field, checks[i], rowsAtFirst));
    this.#reader = new RecordReader(this.#columns);
    this.#isFast = options.isFast !== false;
  }

  decode(bytes: Uint8Array, options: { rowsMax: number; isEnd: boolean }): PlacedRecords {
    this.#rows = 0;
    this.#records = 0;
    this.#recordIndex = [];
    this.#badRecords = [];
    const end = options.isEnd ? bytes.length : bytes.lastIndexOf(10) + 1;
    let from = 0;
    let windowBytes = windowBytesMin;
    while (this.#records < options.rowsMax && from < end) {
      const window = this.#window(bytes, from, end, windowBytes);
      from = Math.min(this.#readWindow(window, options.rowsMax) + window.base, bytes.length);
      windowBytes = Math.min(windowBytes * 2, windowBytesMax);
    }
    const rows = this.#rows;
    const badRecords = this.#badRecords;
    return {
      rows: makeBatch(
        this.#schema,
        this.#columns.map((column) => column.finish(rows)),
        rows,
      ),
      ...(badRecords.length > 0 ? { recordIndex: Int32Array.from(this.#recordIndex) } : {}),
      badRecords,
      recordCount: this.#records,
      bytesRead: from,
    };
  }

  /** Lines from `from` on: about `size` bytes, or one line; the last lines are copied. */
  #window(bytes: Uint8Array, from: number, end: number, size: number): Window {
    const last = bytes.lastIndexOf(10, Math.min(from + size, bytes.length - padding) - 1);
    if (bytes.length > padding && last >= from) {
      const isText = isUtf8(bytes.subarray(from, last + 1));
      return { bytes, from, to: last + 1, base: 0, isText };
    }
    const newline = bytes.indexOf(10, from);
    const to = newline < 0 ? end : newline;
    const line = bytes.subarray(from, to);
    if (this.#copy.length < line.length + padding) {
      this.#copy = new Uint8Array((line.length + padding) * 2);
    }
    this.#copy.set(line);
    this.#copy[line.length] = 10;
    const isText = isUtf8(line);
    return { bytes: this.#copy, from: 0, to: line.length + 1, base: from, isText };
  }

  /** Reads the window's records, up to `recordsMax` in all; gives where it stopped. */
  #readWindow(window: Window, recordsMax: number): number {
    const { bytes, to, isText } = window;
    this.#reader.open(bytes);
    for (const column of this.#columns) column.reserveText(this.#rows, to - window.from + padding);
    let at = window.from;
    while (at < to && this.#records < recordsMax) {
      const row = this.#rows;
      if (row >= (this.#columns[0]?.capacity ?? Infinity)) {
        for (const column of this.#columns) column.reserveRows(row + 1);
      }
      const isReadable = isText || isUtf8(bytes.subarray(at, bytes.indexOf(10, at)));
      const next = isReadable && this.#isFast ? this.#reader.read(at, row) : -1;
      if (next < 0) at = this.#readLine(window, at);
      else {
        at = next;
        this.#rows++;
        if (this.#badRecords.length > 0) this.#recordIndex.push(this.#records);
        this.#records++;
      }
    }
    return at;
  }

  /** Reads the line at `from` by JSON.parse; gives where the next one starts. */
  #readLine({ bytes, base }: Window, from: number): number {
    const to = bytes.indexOf(10, from);
    if (skipSpace(bytes, from) === to) return to + 1;
    // A read that failed may have marked the row null; reads from bytes do not mark it valid.
    this.#unmarkNulls();
    const problem = this.#readParsed(bytes.subarray(from, to));
    if (problem === undefined) {
      if (this.#badRecords.length > 0) this.#recordIndex.push(this.#records);
      this.#rows++;
    } else {
      this.#unmarkNulls();
      // Until now the rows were consecutive, which needs no index.
      if (this.#badRecords.length === 0) {
        for (let row = 0; row < this.#rows; row++) this.#recordIndex.push(row);
      }
      const refused = badRecord(this.#records, problem, bytes, [from, to]);
      this.#badRecords.push({ ...refused, byte: base + from });
    }
    this.#records++;
    return to + 1;
  }

  #unmarkNulls(): void {
    for (const column of this.#columns) column.isValid[this.#rows] = 1;
  }

  #readParsed(line: Uint8Array): FieldProblem | undefined {
    let value: unknown;
    try {
      value = JSON.parse(strictText.decode(line));
    } catch (cause) {
      return malformed("JSON", cause instanceof Error ? cause.message : String(cause));
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return malformed("JSON", "a record must be an object");
    }
    for (const column of this.#columns) {
      const { name, type } = column.field;
      const plain = memberFromJson(type, value as Record<string, unknown>, name, name);
      if (plain instanceof FieldProblem) return plain;
      const refusal = column.check?.(plain);
      if (refusal !== undefined) return refusal;
      column.set(this.#rows, plain);
    }
    return undefined;
  }
}
