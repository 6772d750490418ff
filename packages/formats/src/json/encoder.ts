import type { Encoder, RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { ByteWriter } from "./byte-writer.ts";
import { MemberWriter } from "./member-writer.ts";

/**
 * Encodes rows as newline-delimited JSON that the JSON decoder reads back: members in the schema's
 * order, nulls written out.
 *
 * **Cost** O(bytes written); an object per value only for nested and rare types
 */
export class JsonEncoder implements Encoder {
  readonly #members: readonly MemberWriter[];
  readonly #writer: ByteWriter = new ByteWriter();

  constructor(schema: RowSchema) {
    this.#members = schema.fields.map((field, i) => new MemberWriter(field, i === 0));
  }

  encode(rows: RecordBatch): Uint8Array {
    const writer = this.#writer;
    const members = this.#members;
    for (const member of members) member.open(rows);
    for (let row = 0; row < rows.numRows; row++) {
      for (let i = 0; i < members.length; i++) members[i]!.write(writer, row);
      writer.reserve(3);
      writer.writeAscii(members.length === 0 ? "{}\n" : "}\n");
    }
    return writer.take();
  }
}
