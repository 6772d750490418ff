import { crc32c, type Json, type MillraceError, millraceError, type Offset } from "@millrace/core";

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
  | {
      readonly kind: "progress";
      readonly progress: Json;
      /** Offset from which the newest whole snapshot can be read. */
      readonly snapshotAt: string;
    };

/** A record as it is read; the payload is a view. */
export interface ChangelogRecord {
  readonly header: ChangelogHeader;
  readonly payload: Uint8Array;
  /** Whether the payload is as it was written; the header always is. */
  readonly isIntact: boolean;
}

/** Grows when records are written in another way: what was saved before cannot be continued. */
export const changelogFormat = 2;

/** Length of the header, its checksum, and that of the payload. */
const fixedBytes = 12;
const checkedFrom = 8;
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

/**
 * Header length (u32, little-endian), CRC-32C of what follows up to the payload, CRC-32C of the
 * payload, header as JSON padded with spaces to 8 bytes, payload.
 */
export function encodeChangelogRecord(header: ChangelogHeader, payload?: Uint8Array): Uint8Array {
  const text = textEncoder.encode(JSON.stringify(header));
  const headEnd = Math.ceil((fixedBytes + text.length) / 8) * 8;
  const bytes = new Uint8Array(headEnd + (payload?.length ?? 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, headEnd - fixedBytes, true);
  view.setUint32(8, crc32c(payload ?? bytes.subarray(headEnd)), true);
  bytes.set(text, fixedBytes);
  bytes.fill(0x20, fixedBytes + text.length, headEnd);
  view.setUint32(4, crc32c(bytes.subarray(checkedFrom, headEnd)), true);
  if (payload !== undefined) bytes.set(payload, headEnd);
  return bytes;
}

/**
 * Reads what `encodeChangelogRecord` wrote; the payload is a view.
 *
 * @throws RUN_STATE_DAMAGED where not even the header is as it was written
 */
export function decodeChangelogRecord(bytes: Uint8Array, place: RecordPlace): ChangelogRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headEnd = bytes.length < fixedBytes ? Infinity : fixedBytes + view.getUint32(0, true);
  if (headEnd > bytes.length) throw stateDamaged(place);
  const isHeaderIntact = crc32c(bytes.subarray(checkedFrom, headEnd)) === view.getUint32(4, true);
  if (!isHeaderIntact) throw stateDamaged(place);
  const text = textDecoder.decode(bytes.subarray(fixedBytes, headEnd));
  const payload = bytes.subarray(headEnd);
  const isIntact = crc32c(payload) === view.getUint32(8, true);
  return { header: JSON.parse(text) as ChangelogHeader, payload, isIntact };
}

/** Where a record is. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: Offset;
}

/** The error of a record whose checksum is wrong. */
export function stateDamaged({ topic, partition, offset }: RecordPlace): MillraceError {
  return millraceError("RUN_STATE_DAMAGED", { topic, partition, offset: String(offset) });
}
