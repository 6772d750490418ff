import { batchSchema, makeBatch } from "@millrace/columnar";
import type { BadRecord, DecoderOptions, FieldType } from "@millrace/core";
import type { RecordBatch, Schema } from "apache-arrow";
import { type ColumnCheck, columnChecks, selectedFields } from "../value/column-checks.ts";
import { FieldProblem, malformed, nullField } from "../value/field-problem.ts";
import { NumberReader } from "../value/number-reader.ts";
import { RecordTally } from "../value/record-tally.ts";
import { type RowColumn, rowColumn } from "../value/row-column.ts";
import { fromCsv } from "./from-csv.ts";
import { fieldText } from "./header.ts";
import type { CsvDialect } from "./options.ts";
import { CsvScanner, fieldForm } from "./scanner.ts";

const numberKinds: ReadonlySet<string> = new Set(
  "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 duration".split(" "),
);
const ways: { readonly number: 0; readonly text: 1; readonly general: 2 } = {
  number: 0,
  text: 1,
  general: 2,
};
const encoder = new TextEncoder();

/** Rows being decoded from CSV, one scanned record at a time. */
export class CsvRows<Bad extends BadRecord> {
  /** The records read since `tally.start`. */
  readonly tally: RecordTally<Bad> = new RecordTally();
  readonly scanner: CsvScanner;
  readonly #fields: readonly FieldType[];
  readonly #schema: Schema;
  readonly #checks: readonly (ColumnCheck | undefined)[];
  readonly #columns: readonly RowColumn[];
  readonly #ways: readonly number[];
  readonly #nulls: readonly Uint8Array[];
  readonly #numbers: NumberReader = new NumberReader();
  /** Per column, the index of its field; empty until the header is known. */
  #places: Int32Array = new Int32Array(0);
  #width = -1;

  constructor(options: DecoderOptions, dialect: CsvDialect) {
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
    this.scanner = new CsvScanner(dialect.delimiter);
  }

  /** Fields that a record must have; −1 until the names are known. */
  get width(): number {
    return this.#width;
  }

  /** The names of a record's fields, in order. Of repeated names the first counts. */
  setNames(names: readonly string[]): void {
    this.#places = Int32Array.from(this.#fields, (field) => names.indexOf(field.name));
    this.#width = names.length;
  }

  /** The rows accepted since the last call. */
  takeRows(): RecordBatch {
    const { rows } = this.tally;
    const columns = this.#columns.map((column) => column.finish(rows));
    return makeBatch(this.#schema, columns, rows);
  }

  /** Reads the record just scanned as the next row; gives what is wrong with it. */
  read(bytes: Uint8Array): FieldProblem | undefined {
    const { rows: row } = this.tally;
    const { scanner } = this;
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
