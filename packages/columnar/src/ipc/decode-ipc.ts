import { type RecordBatch, RecordBatchReader, type Schema } from "apache-arrow";
import { concatBatches } from "../batch/concat-batches.ts";
import { emptyBatch, makeBatch } from "../batch/make-batch.ts";

const schemas: Map<string, Schema> = new Map();
const schemasMax = 10_000;

/**
 * The schema object of this content that was seen first, so that what is cached per schema is
 * shared.
 */
function internSchema(schema: Schema): Schema {
  const content = schema.fields
    .map((f) => `${JSON.stringify(f.name)}:${String(f.type)}${f.nullable ? "?" : ""}`)
    .join(",");
  const known = schemas.get(content);
  if (known !== undefined) return known;
  // Forgetting only costs a second Schema object of the same content.
  if (schemas.size >= schemasMax) schemas.clear();
  schemas.set(content, schema);
  return schema;
}

/**
 * Reads an Arrow IPC stream (or file) as one batch; several batches are joined.
 *
 * Columns are views of `bytes` where they lie on 8-byte boundaries of their buffer, else copies: do
 * not overwrite `bytes`. Equal schemas give the same Schema object.
 *
 * @throws Error of apache-arrow when the bytes are not Arrow IPC
 */
export function decodeIpc(bytes: Uint8Array): RecordBatch {
  const reader = RecordBatchReader.from(bytes);
  reader.open();
  const batches: RecordBatch[] = [];
  const schema = internSchema(reader.schema);
  for (const batch of reader) batches.push(makeBatch(schema, batch.data.children, batch.numRows));
  return batches.length === 0 ? emptyBatch(schema) : concatBatches(batches);
}
