import type { RecordRanges } from "./format.ts";

/** Name of the header by which W3C Trace Context says which span wrote a record. */
export const traceParentHeader = "traceparent";

/** Bytes of `00-<trace: 32 hex>-<span: 16 hex>-<flags: 2 hex>`. */
const traceParentBytes = 55;
/** Enough to follow a batch; records of others may each have one. */
const traceParentsMax = 8;

/**
 * The different values of the header `traceparent` in records `from` to `to` (exclusive), at most
 * the first eight; none where the records came without headers.
 *
 * **Cost** a byte is looked at per record; where records have headers, up to the eighth value
 */
export function traceParentsOf(records: RecordRanges, from: number, to: number): string[] {
  const { meta, buffer } = records;
  if (meta === undefined) return [];
  const found = new Set<string>();
  for (let index = from; index < to && found.size < traceParentsMax; index += 1) {
    const start = meta.headersStart[index] as number;
    if (buffer[start] === 0) continue;
    const value = findTraceParent(buffer, start);
    if (value !== undefined) found.add(value);
  }
  return [...found];
}

/** The header's value among the headers that begin at `start`, in the form of `RecordMeta`. */
export function findTraceParent(buffer: Uint8Array, start: number): string | undefined {
  let at = start;
  const readVarint = (): number => {
    let value = 0;
    let byte: number;
    let shift = 0;
    do {
      byte = buffer[at++] as number;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    return (value >>> 1) ^ -(value & 1);
  };
  const take = (): Uint8Array | undefined => {
    const length = readVarint();
    if (length < 0) return undefined;
    at += length;
    return buffer.subarray(at - length, at);
  };
  for (let count = readVarint(); count > 0; count -= 1) {
    const name = take();
    const value = take();
    const isOne = name?.length === traceParentHeader.length && value?.length === traceParentBytes;
    if (isOne && textOf(name) === traceParentHeader) return textOf(value);
  }
  return undefined;
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
