import { isUtf8 } from "node:buffer";
import { batchSchema, makeBatch } from "@millrace/columnar";
import type { DecoderOptions, FieldType } from "@millrace/core";
import type { Schema } from "apache-arrow";
import { badRecord } from "../value/bad-record.ts";
import { type ColumnCheck, columnChecks, selectedFields } from "../value/column-checks.ts";
import { FieldProblem, malformed } from "../value/field-problem.ts";
import { memberFromJson } from "../value/from-json.ts";
import type { PlacedBadRecord, PlacedRecords, PlacingDecoder } from "../value/placed-record.ts";
import { type RowColumn, rowColumn } from "../value/row-column.ts";
import { FastRecordReader } from "./fast-record.ts";

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes newline-delimited JSON: one object per line, blank lines are no records.
 *
 * Flat objects of simple values are read from the bytes; every other line by `JSON.parse`, with the
 * same result. Of repeated members the last counts. Members that are not in `columns` are ignored.
 *
 * **Cost** O(bytes); one object per record only where `JSON.parse` or a check is needed
 * **Nulls** an absent member of a nullable column is null
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` when a check turns out to be asynchronous
 */
export class JsonDecoder implements PlacingDecoder {
  readonly #fields: readonly FieldType[];
  readonly #schema: Schema;
  readonly #checks: readonly (ColumnCheck | undefined)[];
  readonly #columns: readonly RowColumn[];
  /** Absent when some column has a check, which needs the plain value. */
  readonly #fast: FastRecordReader | undefined;

  constructor(options: DecoderOptions & { isFast?: boolean }) {
    this.#fields = selectedFields(options);
    this.#schema = batchSchema(this.#fields);
    this.#checks = columnChecks("json", this.#fields, options.validators);
    this.#columns = this.#fields.map((field) => rowColumn(field, 256));
    const needsValues = this.#checks.some((check) => check !== undefined);
    if (!needsValues && options.isFast !== false) {
      this.#fast = new FastRecordReader(
        this.#fields.map((field) => field.name),
        this.#fields.map((field) => field.type.nullable),
        this.#columns,
      );
    }
  }

  decode(bytes: Uint8Array, options: { rowsMax: number; isEnd: boolean }): PlacedRecords {
    const isValidText = isUtf8(bytes.subarray(0, bytes.lastIndexOf(10) + 1));
    const badRecords: PlacedBadRecord[] = [];
    const recordIndex: number[] = [];
    let records = 0;
    let rows = 0;
    let from = 0;
    while (records < options.rowsMax && from < bytes.length) {
      const newline = bytes.indexOf(10, from);
      if (newline < 0 && !options.isEnd) break;
      const to = newline < 0 ? bytes.length : newline;
      const line = from;
      from = newline < 0 ? to : newline + 1;
      if (isBlank(bytes, line, to)) continue;
      const isText = (isValidText && newline >= 0) || isUtf8(bytes.subarray(line, to));
      const isRead = isText && this.#fast?.read(bytes, line, to, rows) === true;
      const problem = isRead ? undefined : this.#readSlow(bytes, line, to, rows);
      if (problem === undefined) {
        rows++;
        if (badRecords.length > 0) recordIndex.push(records);
      } else {
        // Until now the rows were consecutive, which needs no index.
        if (badRecords.length === 0) for (let row = 0; row < rows; row++) recordIndex.push(row);
        badRecords.push(badRecord(records, problem, bytes, [line, to]));
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

  #readSlow(bytes: Uint8Array, from: number, to: number, row: number): FieldProblem | undefined {
    let value: unknown;
    try {
      value = JSON.parse(strictText.decode(bytes.subarray(from, to)));
    } catch (cause) {
      return malformed("JSON", cause instanceof Error ? cause.message : String(cause));
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return malformed("JSON", "a record must be an object");
    }
    for (let i = 0; i < this.#fields.length; i++) {
      const { name, type } = this.#fields[i]!;
      const plain = memberFromJson(type, value as Record<string, unknown>, name, name);
      if (plain instanceof FieldProblem) return plain;
      const refusal = this.#checks[i]?.(plain);
      if (refusal !== undefined) return refusal;
      this.#columns[i]!.set(row, plain);
    }
    return undefined;
  }
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte !== 32 && byte !== 9 && byte !== 13) return false;
  }
  return true;
}
