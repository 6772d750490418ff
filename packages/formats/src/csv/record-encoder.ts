import { rowReader } from "@millrace/columnar";
import type { RecordEncoder, RecordRanges, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { ByteWriter } from "../value/byte-writer.ts";
import { RangeList } from "../value/range-list.ts";
import { FieldWriter } from "./field-writer.ts";
import type { CsvDialect } from "./options.ts";

/** Encodes each row as a record that is one line of CSV without its end. One object per row. */
export class CsvRecordEncoder implements RecordEncoder {
  readonly #schema: RowSchema;
  readonly #fields: FieldWriter;
  readonly #writer: ByteWriter = new ByteWriter();

  constructor(schema: RowSchema, dialect: CsvDialect) {
    this.#schema = schema;
    this.#fields = new FieldWriter(dialect);
  }

  encode(rows: RecordBatch): RecordRanges {
    const read = rowReader(this.#schema);
    const ranges = new RangeList(rows.numRows);
    for (let row = 0; row < rows.numRows; row++) {
      this.#writer.writeText(this.#fields.line(this.#schema.fields, read(rows, row)));
      ranges.endAt(this.#writer.size);
    }
    return ranges.over(this.#writer.take());
  }
}
