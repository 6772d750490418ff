import { assert, type Json } from "@millrace/core";

/**
 * What a changelog record says of itself. Its payload, if any, is one Arrow IPC stream of state
 * rows.
 *
 * - `genesis`: first record of a generation; a changelog without progress is otherwise an error
 *   (T3).
 * - `snapshot-start`, `snapshot`, `snapshot-end`: chunks of a snapshot in key-group order, among
 *   deltas.
 * - `delta`: new values of changed rows.
 * - `progress`: everything else that a task must know to go on; last record of each transaction.
 */
export type ChangelogHeader =
  | { readonly kind: "genesis"; readonly generation: number }
  | { readonly kind: "snapshot-start" | "snapshot-end" }
  | {
      readonly kind: "snapshot" | "delta";
      readonly operatorId: string;
      readonly table: string;
    }
  | { readonly kind: "progress"; readonly progress: Json };

/** A record as it is read; the payload is a view. */
export interface ChangelogRecord {
  readonly header: ChangelogHeader;
  readonly payload: Uint8Array;
}

const lengthBytes = 4;
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

/** Header length (u32, little-endian), header as JSON padded with spaces to 8 bytes, payload. */
export function encodeChangelogRecord(header: ChangelogHeader, payload?: Uint8Array): Uint8Array {
  const text = textEncoder.encode(JSON.stringify(header));
  const headEnd = Math.ceil((lengthBytes + text.length) / 8) * 8;
  const bytes = new Uint8Array(headEnd + (payload?.length ?? 0));
  new DataView(bytes.buffer).setUint32(0, headEnd - lengthBytes, true);
  bytes.set(text, lengthBytes);
  bytes.fill(0x20, lengthBytes + text.length, headEnd);
  if (payload !== undefined) bytes.set(payload, headEnd);
  return bytes;
}

/** Reads what `encodeChangelogRecord` wrote; the payload is a view. */
export function decodeChangelogRecord(bytes: Uint8Array): ChangelogRecord {
  assert(bytes.length >= lengthBytes, "a changelog record has a header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headEnd = lengthBytes + view.getUint32(0, true);
  const text = textDecoder.decode(bytes.subarray(lengthBytes, headEnd));
  return { header: JSON.parse(text) as ChangelogHeader, payload: bytes.subarray(headEnd) };
}
