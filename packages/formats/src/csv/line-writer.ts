import { columnOf } from "@millrace/columnar";
import type { RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { ByteWriter } from "../value/byte-writer.ts";
import { CsvColumnWriter } from "./column-writer.ts";
import { FieldWriter } from "./field-writer.ts";
import type { CsvDialect } from "./options.ts";

/** Writes rows as lines of CSV. */
export class CsvLineWriter {
  readonly writer: ByteWriter = new ByteWriter();
  readonly #schema: RowSchema;
  readonly #delimiter: number;
  readonly #columns: readonly CsvColumnWriter[];

  constructor(schema: RowSchema, dialect: CsvDialect) {
    this.#schema = schema;
    this.#delimiter = dialect.delimiter;
    const fields = new FieldWriter(dialect);
    this.#columns = schema.fields.map((field) => new CsvColumnWriter(field, dialect, fields));
  }

  /** Takes the columns out of the batch that is written next. */
  open(rows: RecordBatch): void {
    const { fields } = this.#schema;
    for (const [i, each] of this.#columns.entries()) each.open(columnOf(rows, fields[i]!.name));
  }

  /** Writes a row without a line end, and leaves room for a byte after it. */
  write(row: number): void {
    const { writer } = this;
    const columns = this.#columns;
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) writer.bytes[writer.size++] = this.#delimiter;
      columns[i]!.write(writer, row);
    }
    writer.reserve(2);
  }
}
