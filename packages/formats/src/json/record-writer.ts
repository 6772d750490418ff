import { columnOf } from "@millrace/columnar";
import type { RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { ByteWriter } from "../value/byte-writer.ts";
import {
  jsonBytesMin,
  type JsonValueWriter,
  jsonValueWriter,
  memberPrefix,
} from "./value-writer.ts";

/** Writes rows as JSON objects. */
export class JsonRecordWriter {
  readonly writer: ByteWriter = new ByteWriter();
  readonly #schema: RowSchema;
  readonly #prefixes: readonly Uint8Array[];
  readonly #values: readonly JsonValueWriter[];

  constructor(schema: RowSchema) {
    this.#schema = schema;
    this.#prefixes = schema.fields.map(({ name }, i) => memberPrefix(name, i === 0));
    this.#values = schema.fields.map(({ type }) => jsonValueWriter(type));
  }

  /** Takes the columns out of the batch that is written next. */
  open(rows: RecordBatch): void {
    const { fields } = this.#schema;
    for (const [i, each] of this.#values.entries()) each.open(columnOf(rows, fields[i]!.name));
  }

  /** Writes a row, and leaves room for a byte after it. */
  write(row: number): void {
    const { writer } = this;
    const prefixes = this.#prefixes;
    const values = this.#values;
    for (let i = 0; i < values.length; i++) {
      const prefix = prefixes[i]!;
      writer.reserve(prefix.length + jsonBytesMin);
      writer.writeBytes(prefix);
      values[i]!.write(writer, row);
    }
    writer.reserve(3);
    writer.writeAscii(values.length === 0 ? "{}" : "}");
  }
}
