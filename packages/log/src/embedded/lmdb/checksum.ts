import { crc32c } from "@millrace/core";

/** Bytes that a checksum takes at the end of an entry. */
export const checksumBytes = 4;

/** Writes the CRC-32C of an entry into its last bytes, which are kept free for it. */
export function seal(entry: Uint8Array): Uint8Array {
  const end = entry.length - checksumBytes;
  viewOf(entry).setUint32(end, crc32c(entry.subarray(0, end)), true);
  return entry;
}

/** An entry of one record, with its checksum. */
export function sealed(value: Uint8Array): Uint8Array {
  const entry = Buffer.allocUnsafe(value.length + checksumBytes);
  entry.set(value);
  return seal(entry);
}

/** What was sealed, as a view. */
export function unsealed(entry: Uint8Array): Uint8Array {
  return entry.subarray(0, Math.max(0, entry.length - checksumBytes));
}

/** Whether an entry is as it was sealed. */
export function isIntact(entry: Uint8Array): boolean {
  const end = entry.length - checksumBytes;
  return end >= 0 && viewOf(entry).getUint32(end, true) === crc32c(entry.subarray(0, end));
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
