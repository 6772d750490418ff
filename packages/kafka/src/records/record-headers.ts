import { VarintReader } from "./varint-reader.ts";

/**
 * Whether the bytes of a range are a record's headers and nothing else: a varint count, then for
 * each its key (varint length, bytes) and its value (varint length, −1 for null; bytes).
 */
export function areHeadersSound(bytes: Uint8Array, start: number, end: number): boolean {
  const reader = new VarintReader(bytes, start, end);
  const count = reader.readVarint();
  if (count < 0) return false;
  for (let index = 0; index < count && !reader.isBroken; index++) skipHeader(reader);
  return !reader.isBroken && reader.at === end;
}

/** Where a record's headers end that begin at `start`; they were checked before. */
export function headersEnd(bytes: Uint8Array, start: number): number {
  const reader = new VarintReader(bytes, start, bytes.length);
  for (let count = reader.readVarint(); count > 0; count--) skipHeader(reader);
  return reader.at;
}

function skipHeader(reader: VarintReader): void {
  reader.skip(reader.readVarint());
  const valueLength = reader.readVarint();
  if (valueLength !== -1) reader.skip(valueLength);
}
