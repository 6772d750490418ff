import type { Encoder, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { JsonRecordWriter } from "./record-writer.ts";

/**
 * Encodes rows as newline-delimited JSON that the JSON decoder reads back: members in the schema's
 * order, nulls written out.
 *
 * **Cost** O(bytes written); an object per value only for nested and rare types
 */
export class JsonEncoder implements Encoder {
  readonly #records: JsonRecordWriter;

  constructor(schema: RowSchema) {
    this.#records = new JsonRecordWriter(schema);
  }

  encode(rows: RecordBatch): Uint8Array {
    const records = this.#records;
    records.open(rows);
    for (let row = 0; row < rows.numRows; row++) {
      records.write(row);
      records.writer.writeAscii("\n");
    }
    return records.writer.take();
  }
}
