import { columnOf } from "@millrace/columnar";
import type { RecordEncoder, RecordRanges, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { ByteWriter } from "../value/byte-writer.ts";
import { ColumnSource } from "../value/column-source.ts";
import { RangeList } from "../value/range-list.ts";
import { writeRow } from "./datum-writer.ts";
import type { AvroSchemas } from "./options.ts";
import { writePlan, type WriteStep } from "./write-plan.ts";

/**
 * Encodes each row as a record that is one Avro datum, with its schema's id before it where there
 * is one.
 *
 * **Cost** O(bytes), no object per row
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` when the schema cannot hold the columns
 */
export class AvroRecordEncoder implements RecordEncoder {
  readonly #sources: readonly ColumnSource[];
  readonly #steps: readonly WriteStep[];
  readonly #schemaId: number | undefined;
  readonly #writer: ByteWriter = new ByteWriter();

  constructor(schema: RowSchema, { writer, schemaId }: AvroSchemas) {
    this.#sources = schema.fields.map((field) => new ColumnSource(field));
    this.#steps = writePlan(writer, this.#sources);
    this.#schemaId = schemaId;
  }

  encode(rows: RecordBatch): RecordRanges {
    const writer = this.#writer;
    const ranges = new RangeList(rows.numRows);
    for (const source of this.#sources) source.open(columnOf(rows, source.field.name));
    for (let row = 0; row < rows.numRows; row++) {
      if (this.#schemaId !== undefined) writer.writePrefix(this.#schemaId);
      writeRow(writer, this.#steps, row);
      ranges.endAt(writer.size);
    }
    return ranges.over(writer.take());
  }
}
