import { isUtf8 } from "node:buffer";
import type {
  BadRecord,
  DecodedValues,
  DecoderOptions,
  RecordDecoder,
  RecordRanges,
} from "@millrace/core";
import { badRecord } from "../value/bad-record.ts";
import { type FieldProblem, malformed } from "../value/field-problem.ts";
import { CsvRows } from "./csv-rows.ts";
import type { CsvDialect } from "./options.ts";

/**
 * Decodes records that are one line of CSV each, with or without its end. There is no header: the
 * fields are the row type's columns, in order.
 *
 * **Cost** O(bytes); one string per field only where the bytes do not do
 */
export class CsvRecordDecoder implements RecordDecoder {
  readonly #rows: CsvRows<BadRecord>;

  constructor(options: DecoderOptions, dialect: CsvDialect) {
    this.#rows = new CsvRows(options, dialect);
    this.#rows.setNames(options.schema.fields.map((field) => field.name));
  }

  decode(records: RecordRanges, from = 0, to: number = records.count): DecodedValues {
    const { buffer, valueStart, valueLength } = records;
    const { tally } = this.#rows;
    tally.start(from);
    for (let index = from; index < to; index++) {
      const start = valueStart[index]!;
      const end = start + valueLength[index]!;
      const problem = this.#read(buffer, start, end);
      if (problem === undefined) tally.accept();
      else tally.refuse(badRecord(index, problem, buffer.subarray(start, end)));
    }
    return { rows: this.#rows.takeRows(), ...tally.result() };
  }

  #read(bytes: Uint8Array, from: number, to: number): FieldProblem | undefined {
    const rows = this.#rows;
    if (from === to && rows.width !== 1) return malformed("CSV", "an empty record");
    const next = rows.scanner.scan(bytes, from, true, to);
    if (next !== to) return malformed("CSV", "a record of more than one line");
    if (!isUtf8(bytes.subarray(from, to))) return malformed("CSV", "not UTF-8");
    return rows.read(bytes);
  }
}
