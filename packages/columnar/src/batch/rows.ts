import type { RowSchema } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { appendMember, columnBuilder } from "../column/column-builder.ts";
import { setMember, valueReader } from "../column/value-reader.ts";
import { batchSchema } from "./batch-schema.ts";
import { columnOf } from "./column-of.ts";
import { makeBatch } from "./make-batch.ts";

/** Reads one row of a batch as a plain object. */
export type RowReader = (batch: RecordBatch, row: number) => Record<string, unknown>;

const readers: WeakMap<RowSchema, RowReader> = new WeakMap();

/**
 * Plain rows → a batch; see `t` for the plain values. An absent member is null.
 *
 * @throws MillraceError `RECORD_FIELD_TYPE` or `RECORD_FIELD_NULL`, with the row's index in `where`
 */
export function rowsToBatch(schema: RowSchema, rows: readonly object[]): RecordBatch {
  const columns = schema.fields.map((field) => {
    const builder = columnBuilder(field.type, rows.length, field.name);
    for (const row of rows) {
      appendMember(builder, field, (row as Record<string, unknown>)[field.name]);
    }
    return builder.finish();
  });
  return makeBatch(batchSchema(schema.fields), columns, rows.length);
}

/**
 * The row reader of a schema, kept per schema object. Columns are found by name, so a batch may
 * have more.
 */
export function rowReader(schema: RowSchema): RowReader {
  let reader = readers.get(schema);
  if (reader === undefined) {
    reader = makeRowReader(schema);
    readers.set(schema, reader);
  }
  return reader;
}

function makeRowReader(schema: RowSchema): RowReader {
  const columns = schema.fields.map(({ name, type }) => ({ name, read: valueReader(type) }));
  return (batch, row) => {
    const value: Record<string, unknown> = {};
    for (const { name, read } of columns) setMember(value, name, read(columnOf(batch, name), row));
    return value;
  };
}

/** All rows of a batch as plain objects. */
export function batchToRows(schema: RowSchema, batch: RecordBatch): Record<string, unknown>[] {
  const read = rowReader(schema);
  return Array.from({ length: batch.numRows }, (_, row) => read(batch, row));
}
