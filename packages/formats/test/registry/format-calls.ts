import { batchToRows, rowsToBatch } from "@millrace/columnar";
import {
  type BadRecord,
  isMillraceError,
  type MillraceError,
  type RecordFormat,
  type RowType,
} from "@millrace/core";
import { decodedOnce, rangesOf, recordsOf } from "../record-ranges.ts";

/** The rows as records, once the format is ready to write. */
export async function encoded(
  format: RecordFormat,
  { schema }: RowType<object>,
  rows: readonly object[],
): Promise<Uint8Array[]> {
  await format.prepareEncoding?.(schema);
  return recordsOf(format.recordEncoder(schema).encode(rowsToBatch(schema, rows)));
}

/** The records as rows, and those that were refused. */
export async function decoded(
  format: RecordFormat,
  { schema }: RowType<object>,
  records: readonly Uint8Array[],
): Promise<{ readonly rows: unknown[]; readonly badRecords: readonly BadRecord[] }> {
  const columns = schema.fields.map((field) => field.name);
  const decoder = format.recordDecoder({ schema, columns, validators: new Map() });
  const ranges = rangesOf(records, 3);
  await decoder.prepare?.(ranges);
  const { rows, badRecords } = decodedOnce(decoder, ranges);
  return { rows: batchToRows(schema, rows), badRecords };
}

/** The error that a promise fails with, which must be one of the catalogue. */
export async function failureOf(promise: Promise<unknown>): Promise<MillraceError> {
  try {
    await promise;
  } catch (error) {
    if (isMillraceError(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
