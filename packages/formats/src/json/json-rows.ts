import { batchSchema, makeBatch } from "@millrace/columnar";
import type { BadRecord, DecoderOptions } from "@millrace/core";
import type { RecordBatch, Schema } from "apache-arrow";
import { columnChecks, selectedFields } from "../value/column-checks.ts";
import { FieldProblem, malformed } from "../value/field-problem.ts";
import { memberFromJson } from "../value/from-json.ts";
import { RecordTally } from "../value/record-tally.ts";
import { ValueColumn } from "../value/value-column.ts";
import { RecordReader } from "./record-reader.ts";

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const rowsAtFirst = 256;
/** Bytes that may be read after the last line feed of what is opened; S1 of `scan.ts`. */
export const padding = 8;

/** Options of a JSON decoder. */
export interface JsonDecoderOptions extends DecoderOptions {
  /** False reads every record by `JSON.parse`: what the fast path is compared with. */
  readonly isFast?: boolean;
  /** Whether records begin with the id of their schema; default false. Of lines, none does. */
  readonly hasSchemaIds?: boolean;
}

/** Rows being decoded from JSON, one record at a time, wherever the records stand. */
export class JsonRows<Bad extends BadRecord> {
  /** The records read since `tally.start`. */
  readonly tally: RecordTally<Bad> = new RecordTally();
  readonly #schema: Schema;
  readonly #columns: readonly ValueColumn[];
  readonly #reader: RecordReader;
  readonly #isFast: boolean;

  constructor(options: JsonDecoderOptions) {
    const fields = selectedFields(options);
    const checks = columnChecks("json", fields, options.validators);
    this.#schema = batchSchema(fields);
    this.#columns = fields.map((field, i) => new ValueColumn(field, checks[i], rowsAtFirst));
    this.#reader = new RecordReader(this.#columns);
    this.#isFast = options.isFast !== false;
  }

  /** Opens the bytes of the next records, `size` bytes at most; S1 of `scan.ts` holds for them. */
  open(bytes: Uint8Array, size: number): void {
    this.#reader.open(bytes);
    const { rows } = this.tally;
    for (const column of this.#columns) column.reserveText(rows, size + padding);
  }

  /**
   * Tries to read the record at `from`, valid UTF-8, as the next row, straight from the bytes;
   * gives the index after its line feed, or −1. Only `tally.accept` makes it a row.
   */
  read(from: number): number {
    const row = this.tally.rows;
    if (row >= (this.#columns[0]?.capacity ?? Infinity)) {
      for (const column of this.#columns) column.reserveRows(row + 1);
    }
    return this.#isFast ? this.#reader.read(from, row) : -1;
  }

  /** Reads the record by JSON.parse as the next row; gives what is wrong with it. */
  readParsed(record: Uint8Array): FieldProblem | undefined {
    let value: unknown;
    try {
      value = JSON.parse(strictText.decode(record));
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
      column.set(this.tally.rows, plain);
    }
    return undefined;
  }

  /** The rows accepted since the last call. */
  takeRows(): RecordBatch {
    const { rows } = this.tally;
    const columns = this.#columns.map((column) => column.finish(rows));
    return makeBatch(this.#schema, columns, rows);
  }
}
