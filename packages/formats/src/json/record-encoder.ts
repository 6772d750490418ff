import type { RecordEncoder, RecordRanges, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { RangeList } from "../value/range-list.ts";
import { JsonRecordWriter } from "./record-writer.ts";

/** Encodes each row as a record that is one JSON object, as `JsonEncoder` does lines. */
export class JsonRecordEncoder implements RecordEncoder {
  readonly #records: JsonRecordWriter;

  constructor(schema: RowSchema) {
    this.#records = new JsonRecordWriter(schema);
  }

  encode(rows: RecordBatch): RecordRanges {
    const records = this.#records;
    const ranges = new RangeList(rows.numRows);
    records.open(rows);
    for (let row = 0; row < rows.numRows; row++) {
      records.write(row);
      ranges.endAt(records.writer.size);
    }
    return ranges.over(records.writer.take());
  }
}
