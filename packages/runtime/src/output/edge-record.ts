import { assert } from "@millrace/core";

/** A record of a repartition or sink topic: rows of one upstream task, or its watermark. */
export type EdgeRecord =
  | { readonly kind: "rows"; readonly task: number; readonly payload: Uint8Array }
  | { readonly kind: "watermark"; readonly task: number; readonly watermark: number };

const rowsKind = 1;
const watermarkKind = 2;
/**
 * Kind (u8), three bytes of nothing, upstream task (u32), watermark (f64): keeps the payload
 * aligned to 8 bytes.
 */
const headBytes = 16;

/** Frames one Arrow IPC stream as a record of the upstream task. */
export function encodeRowsRecord(task: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, rowsKind);
  view.setUint32(4, task, true);
  bytes.set(payload, headBytes);
  return bytes;
}

/** +Infinity says that the upstream task has ended. */
export function encodeWatermarkRecord(task: number, watermark: number): Uint8Array {
  const bytes = new Uint8Array(headBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, watermarkKind);
  view.setUint32(4, task, true);
  view.setFloat64(8, watermark, true);
  return bytes;
}

/** Reads either; the payload is a view. */
export function decodeEdgeRecord(bytes: Uint8Array): EdgeRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = view.getUint8(0);
  const task = view.getUint32(4, true);
  if (kind === watermarkKind)
    return { kind: "watermark", task, watermark: view.getFloat64(8, true) };
  assert(kind === rowsKind, `an edge record is rows or a watermark, not ${kind}`);
  return { kind: "rows", task, payload: bytes.subarray(headBytes) };
}
