import { type RecordBatch, RecordBatchStreamWriter } from "apache-arrow";

/** One self-describing Arrow IPC stream of one batch: schema, batch, end mark. O(bytes). */
export function encodeIpc(batch: RecordBatch): Uint8Array {
  const writer = new RecordBatchStreamWriter();
  writer.write(batch);
  return writer.finish().toUint8Array(true);
}
