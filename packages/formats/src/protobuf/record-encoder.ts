import { columnOf } from "@millrace/columnar";
import type { RecordEncoder, RecordRanges, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { ByteWriter } from "../value/byte-writer.ts";
import { ColumnSource } from "../value/column-source.ts";
import { RangeList } from "../value/range-list.ts";
import { type MessagePlan, messagePlan } from "./field-plan.ts";
import { writeMessage } from "./message-writer.ts";
import type { ProtobufOptions } from "./options.ts";

/** The short form of the one index 0. */
const firstMessage = Uint8Array.of(0);

/**
 * Encodes each row as a record that is one Protobuf message. Nulls are left out, and so is what is
 * 0, false or empty in a column that is not nullable.
 *
 * **Cost** O(bytes), no object per row but for decimals
 * **Nulls** an empty list or map of a nullable column is read back as null: a message cannot tell
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` when a column has no field that fits
 */
export class ProtobufRecordEncoder implements RecordEncoder {
  readonly #sources: readonly ColumnSource[];
  readonly #plan: MessagePlan;
  readonly #writer: ByteWriter = new ByteWriter();

  readonly #schemaId: number | undefined;

  /** @param schemaId of the schema whose first message is written, where it stands before it */
  constructor(schema: RowSchema, { fields = {} }: ProtobufOptions, schemaId?: number) {
    this.#schemaId = schemaId;
    this.#sources = schema.fields.map((field) => new ColumnSource(field));
    this.#plan = messagePlan(schema.fields, fields);
  }

  encode(rows: RecordBatch): RecordRanges {
    const ranges = new RangeList(rows.numRows);
    for (const source of this.#sources) source.open(columnOf(rows, source.field.name));
    for (let row = 0; row < rows.numRows; row++) {
      if (this.#schemaId !== undefined) {
        this.#writer.writePrefix(this.#schemaId);
        this.#writer.writeRange(firstMessage, 0, firstMessage.length);
      }
      writeMessage(this.#writer, this.#plan, this.#sources, row);
      ranges.endAt(this.#writer.size);
    }
    return ranges.over(this.#writer.take());
  }
}
