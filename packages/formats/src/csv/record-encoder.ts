import type { RecordEncoder, RecordRanges, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { RangeList } from "../value/range-list.ts";
import { CsvLineWriter } from "./line-writer.ts";
import type { CsvDialect } from "./options.ts";

/** Encodes each row as a record that is one line of CSV without its end. */
export class CsvRecordEncoder implements RecordEncoder {
  readonly #lines: CsvLineWriter;

  constructor(schema: RowSchema, dialect: CsvDialect) {
    this.#lines = new CsvLineWriter(schema, dialect);
  }

  encode(rows: RecordBatch): RecordRanges {
    const lines = this.#lines;
    lines.open(rows);
    const ranges = new RangeList(rows.numRows);
    for (let row = 0; row < rows.numRows; row++) {
      lines.write(row);
      ranges.endAt(lines.writer.size);
    }
    return ranges.over(lines.writer.take());
  }
}
