import { isUtf8 } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import { batchToRows, rowsToBatch } from "@millrace/columnar";
import type { DecodedValues, DecoderOptions, FieldType } from "@millrace/core";
import { csvFormat, type CsvOptions } from "@millrace/formats";
import { parse } from "csv-parse/sync";
import { CsvRecordDecoder } from "../../src/csv/record-decoder.ts";
import { fromCsv } from "../../src/csv/from-csv.ts";
import { csvDialect } from "../../src/csv/options.ts";
import { FieldProblem, malformed, nullField } from "../../src/value/field-problem.ts";
import { rangesOf } from "../record-ranges.ts";

/** A field as csv-parse reads it. */
interface Cell {
  readonly text: string;
  readonly isQuoted: boolean;
}

type PlainRow = Record<string, unknown>;

/** What a reading made of the records: the rows, and what is wrong with the others. */
interface Outcome {
  readonly rows: readonly object[];
  readonly refused: readonly (readonly [index: number, code: string, reason: string])[];
}

/** Compares what is read from CSV without a header with what csv-parse and `fromCsv` make of it. */
export class CsvDifference {
  /** Inputs so far that csv-parse took. */
  wellFormed = 0;
  /** Rows read so far. */
  good = 0;
  readonly #options: DecoderOptions;
  readonly #dialect: Required<CsvOptions>;
  readonly #selected: readonly FieldType[];

  constructor(options: DecoderOptions, dialect: Required<Omit<CsvOptions, "hasHeader">>) {
    this.#options = options;
    this.#dialect = { ...dialect, hasHeader: false };
    this.#selected = options.schema.fields.filter(({ name }) => options.columns.includes(name));
  }

  /** What differs when the bytes are read; undefined when nothing does. */
  of(bytes: Uint8Array): string | undefined {
    const decoder = csvFormat(this.#dialect).decoder(this.#options);
    const got = decoder.decode(bytes, { rowsMax: 1e6, isEnd: true });
    this.good += got.rows.numRows;
    // What csv-parse makes of other bytes is not what they say.
    if (!isUtf8(bytes)) return this.#mustRefuse(got, "not UTF-8");
    const records = this.#cells(bytes);
    if (records === undefined) return this.#mustRefuse(got, "malformed");
    this.wellFormed += 1;
    const expected = this.#outcomeOf(records);
    return differenceOf("lines", this.#read(got), expected) ?? this.#ofRecords(bytes, expected);
  }

  /** Reads each line as a record of its own. */
  #ofRecords(bytes: Uint8Array, expected: Outcome): string | undefined {
    const text = Buffer.from(bytes).toString();
    // A line end in quotes is a field's; a carriage return that ends no line too.
    if (text.includes('"') || /\r(?!\n|$)/.test(text) || text.startsWith("\uFEFF"))
      return undefined;
    const lines = text
      .replace(/\r$/, "")
      .split(/\r?\n/)
      .filter((line) => line !== "");
    const records = rangesOf(lines.map((line) => Buffer.from(line)));
    const decoder = new CsvRecordDecoder(this.#options, csvDialect(this.#dialect));
    return differenceOf("records", this.#read(decoder.decode(records)), expected);
  }

  #mustRefuse({ badRecords }: DecodedValues, code: string): string | undefined {
    if (badRecords.some((bad) => bad.code === "RECORD_MALFORMED")) return undefined;
    return `lines: the input is ${code}, and no record was refused`;
  }

  /** The fields of each record; undefined when csv-parse refuses the text. */
  #cells(bytes: Uint8Array): Cell[][] | undefined {
    // A carriage return ends the last line too.
    const whole = bytes.at(-1) === 13 ? Buffer.concat([bytes, Buffer.of(10)]) : Buffer.from(bytes);
    try {
      return parse(whole, {
        bom: true,
        delimiter: this.#dialect.delimiter,
        record_delimiter: ["\n", "\r\n"],
        relax_column_count: true,
        skip_empty_lines: this.#options.schema.fields.length !== 1,
        cast: (text, { quoting }): Cell => ({ text, isQuoted: quoting }),
      }) as Cell[][];
    } catch {
      return undefined;
    }
  }

  #outcomeOf(records: readonly (readonly Cell[])[]): Outcome {
    const rows: PlainRow[] = [];
    const refused: Outcome["refused"][number][] = [];
    for (const [index, cells] of records.entries()) {
      const row = this.#rowOf(cells);
      if (row instanceof FieldProblem) refused.push([index, row.code, row.error.message]);
      else rows.push(row);
    }
    const schema = { ...this.#options.schema, fields: this.#selected };
    return { rows: batchToRows(schema, rowsToBatch(schema, rows)), refused };
  }

  #rowOf(cells: readonly Cell[]): PlainRow | FieldProblem {
    const { fields } = this.#options.schema;
    if (cells.length !== fields.length) {
      return malformed("CSV", `${cells.length} fields instead of ${fields.length}`);
    }
    const row: PlainRow = {};
    for (const field of this.#selected) {
      const value = this.#valueOf(field, cells[fields.indexOf(field)]!);
      if (value instanceof FieldProblem) return value;
      row[field.name] = value;
    }
    return row;
  }

  #valueOf({ name, type }: FieldType, { text, isQuoted }: Cell): unknown {
    const isEmpty = !isQuoted && text === "";
    const isNull = isEmpty || (!isQuoted && this.#dialect.nullValues.includes(text));
    if (!isNull || (isEmpty && !type.nullable && type.kind === "utf8")) {
      return fromCsv(type, text, name);
    }
    return type.nullable ? null : nullField(name);
  }

  #read({ rows, badRecords }: DecodedValues): Outcome {
    const schema = { ...this.#options.schema, fields: this.#selected };
    return {
      rows: batchToRows(schema, rows),
      refused: badRecords.map(({ index, code, reason }) => [index, code, reason]),
    };
  }
}

function differenceOf(kind: string, got: Outcome, expected: Outcome): string | undefined {
  if (isDeepStrictEqual(got, expected)) return undefined;
  return `${kind}: ${printed(got)} instead of ${printed(expected)}`;
}

function printed(outcome: Outcome): string {
  return JSON.stringify(outcome, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
}
