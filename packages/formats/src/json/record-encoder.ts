import type { RecordEncoder, RecordRanges, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { RangeList } from "../value/range-list.ts";
import { JsonRecordWriter } from "./record-writer.ts";

/** Encodes each row as a record that is one JSON object, as `JsonEncoder` does lines. */
export class JsonRecordEncoder implements RecordEncoder {
  readonly #records: JsonRecordWriter;

  readonly #schemaId: number | undefined;

  /** @param schemaId what stands before each record, where it is given */
  constructor(schema: RowSchema, schemaId?: number) {
    this.#schemaId = schemaId;
    this.#records = new JsonRecordWriter(schema);
  }

  encode(rows: RecordBatch): RecordRanges {
    const records = this.#records;
    const ranges = new RangeList(rows.numRows);
    records.open(rows);
    for (let row = 0; row < rows.numRows; row++) {
      if (this.#schemaId !== undefined) records.writer.writePrefix(this.#schemaId);
      records.write(row);
      ranges.endAt(records.writer.size);
    }
    return ranges.over(records.writer.take());
  }
}
