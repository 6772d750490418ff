import { isUtf8 } from "node:buffer";
import { batchSchema, makeBatch } from "@millrace/columnar";
import { type DecoderOptions, type FieldType, millraceError } from "@millrace/core";
import type { Schema } from "apache-arrow";
import { badRecord } from "../value/bad-record.ts";
import { type ColumnCheck, columnChecks, selectedFields } from "../value/column-checks.ts";
import { FieldProblem, malformed, nullField } from "../value/field-problem.ts";
import { NumberReader } from "../value/number-reader.ts";
import type { PlacedBadRecord, PlacedRecords, PlacingDecoder } from "../value/placed-record.ts";
import { type RowColumn, rowColumn } from "../value/row-column.ts";
import { fromCsv } from "./from-csv.ts";
import { byteOrderMarkBytes, type CsvHeader, fieldText, readHeader } from "./header.ts";
import type { CsvDialect } from "./options.ts";
import { CsvScanner, fieldForm } from "./scanner.ts";

/** Where the bytes of a CSV decoder come from. */
export interface CsvInput {
  /** Names the input in errors. */
  readonly path: string;
  /** The header that stood before the bytes; when absent, it is read from the first bytes. */
  readonly header?: CsvHeader;
}

const numberKinds: ReadonlySet<string> = new Set(
  "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 duration".split(" "),
);
const ways: { readonly number: 0; readonly text: 1; readonly general: 2 } = {
  number: 0,
  text: 1,
  general: 2,
};
const encoder = new TextEncoder();

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
  readonly #fields: readonly FieldType[];
  readonly #schema: Schema;
  readonly #checks: readonly (ColumnCheck | undefined)[];
  readonly #columns: readonly RowColumn[];
  readonly #ways: readonly number[];
  readonly #nulls: readonly Uint8Array[];
  readonly #scanner: CsvScanner;
  readonly #numbers: NumberReader = new NumberReader();
  /** Per column, the index of its field; empty until the header is known. */
  #places: Int32Array = new Int32Array(0);
  /** Fields that a record must have; −1 until the header is known. */
  #width = -1;

  constructor(options: DecoderOptions, dialect: CsvDialect, input: CsvInput = { path: "CSV" }) {
    this.#options = options;
    this.#dialect = dialect;
    this.#input = input;
    this.#fields = selectedFields(options);
    this.#schema = batchSchema(this.#fields);
    this.#checks = columnChecks("csv", this.#fields, options.validators);
    this.#columns = this.#fields.map((field) => rowColumn(field, 256));
    this.#ways = this.#fields.map(({ type }, i) => {
      if (this.#checks[i] !== undefined) return ways.general;
      if (numberKinds.has(type.kind)) return ways.number;
      const isText = type.kind === "utf8" || type.kind === "enum" || type.kind === "timestamp";
      return isText ? ways.text : ways.general;
    });
    this.#nulls = dialect.nullValues.filter((word) => word !== "").map((w) => encoder.encode(w));
    this.#scanner = new CsvScanner(dialect.delimiter);
    if (input.header !== undefined) this.#findPlaces(input.header.names);
  }

  #findPlaces(names: readonly string[]): void {
    for (const { name } of this.#options.schema.fields) {
      if (names.includes(name)) continue;
      const { path } = this.#input;
      throw millraceError("FILE_COLUMN_MISSING", { path, column: name, columns: names });
    }
    this.#places = Int32Array.from(this.#fields, (field) => names.indexOf(field.name));
    this.#width = names.length;
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
    const start = this.#width < 0 ? this.#begin(bytes, options.isEnd) : 0;
    const badRecords: PlacedBadRecord[] = [];
    const recordIndex: number[] = [];
    let records = 0;
    let rows = 0;
    let from = Math.max(start, 0);
    // Without its header nothing can be read.
    const end = start < 0 ? 0 : bytes.length;
    const isAllText = isUtf8(bytes.subarray(0, bytes.lastIndexOf(10) + 1));
    while (records < options.rowsMax && from < end) {
      const record = from;
      const next = this.#scanner.scan(bytes, record, options.isEnd);
      if (next < 0) break;
      from = next;
      const recordEnd = this.#scanner.recordEnd;
      if (recordEnd === record && this.#width !== 1) continue;
      const isText =
        (isAllText && bytes[next - 1] === 10) || isUtf8(bytes.subarray(record, recordEnd));
      const problem = isText ? this.#readRow(bytes, rows) : malformed("CSV", "not UTF-8");
      if (problem === undefined) {
        rows++;
        if (badRecords.length > 0) recordIndex.push(records);
      } else {
        // Until now the rows were consecutive, which needs no index.
        if (badRecords.length === 0) for (let row = 0; row < rows; row++) recordIndex.push(row);
        badRecords.push(badRecord(records, problem, bytes, [record, recordEnd]));
      }
      records++;
    }
    const columns = this.#columns.map((column) => column.finish(rows));
    return {
      rows: makeBatch(this.#schema, columns, rows),
      ...(badRecords.length > 0 ? { recordIndex: Int32Array.from(recordIndex) } : {}),
      badRecords,
      recordCount: records,
      bytesRead: from,
    };
  }

  #readRow(bytes: Uint8Array, row: number): FieldProblem | undefined {
    const scanner = this.#scanner;
    if (scanner.problem !== undefined) return malformed("CSV", scanner.problem);
    if (scanner.fieldCount !== this.#width) {
      return malformed("CSV", `${scanner.fieldCount} fields instead of ${this.#width}`);
    }
    for (let i = 0; i < this.#columns.length; i++) {
      const field = this.#places[i]!;
      const from = scanner.starts[field]!;
      const to = scanner.ends[field]!;
      const form = scanner.forms[field]!;
      if (form === fieldForm.bare && this.#isNull(bytes, from, to)) {
        const problem = this.#setNull(i, row, from === to);
        if (problem !== undefined) return problem;
        continue;
      }
      const way = form === fieldForm.doubled ? ways.general : this.#ways[i]!;
      if (way === ways.number) {
        const value = this.#numbers.read(bytes, from, to);
        if (this.#numbers.end === to && this.#columns[i]!.setNumber(row, value)) continue;
      } else if (way === ways.text && this.#columns[i]!.setText(row, bytes, from, to)) continue;
      const problem = this.#readGeneral(i, row, fieldText(bytes, scanner, field));
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #isNull(bytes: Uint8Array, from: number, to: number): boolean {
    if (from === to) return true;
    for (const word of this.#nulls) {
      if (word.length !== to - from) continue;
      let at = 0;
      while (at < word.length && word[at] === bytes[from + at]) at++;
      if (at === word.length) return true;
    }
    return false;
  }

  #setNull(column: number, row: number, isEmpty: boolean): FieldProblem | undefined {
    const { name, type } = this.#fields[column]!;
    if (type.nullable) {
      this.#columns[column]!.setNull(row);
      return undefined;
    }
    return isEmpty && type.kind === "utf8" ? this.#readGeneral(column, row, "") : nullField(name);
  }

  #readGeneral(column: number, row: number, text: string): FieldProblem | undefined {
    const { name, type } = this.#fields[column]!;
    const plain = fromCsv(type, text, name);
    if (plain instanceof FieldProblem) return plain;
    const refusal = this.#checks[column]?.(plain);
    if (refusal !== undefined) return refusal;
    this.#columns[column]!.set(row, plain);
    return undefined;
  }
}
