import type { RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { ByteWriter } from "../value/byte-writer.ts";
import { MemberWriter } from "./member-writer.ts";

/** Writes rows as JSON objects. */
export class JsonRecordWriter {
  readonly writer: ByteWriter = new ByteWriter();
  readonly #members: readonly MemberWriter[];

  constructor(schema: RowSchema) {
    this.#members = schema.fields.map((field, i) => new MemberWriter(field, i === 0));
  }

  /** Takes the columns out of the batch that is written next. */
  open(rows: RecordBatch): void {
    for (const member of this.#members) member.open(rows);
  }

  /** Writes a row, and leaves room for a byte after it. */
  write(row: number): void {
    const { writer } = this;
    const members = this.#members;
    for (let i = 0; i < members.length; i++) members[i]!.write(writer, row);
    writer.reserve(3);
    writer.writeAscii(members.length === 0 ? "{}" : "}");
  }
}
