import { findTraceParent, type RecordRanges, traceParentHeader } from "@millrace/core";
import type { RecordsToEncode } from "@millrace/kafka";

/**
 * Puts the header `traceparent` on the first of some records, unless it has one. The others are not
 * touched: whoever reads them has read the first one too.
 */
export function withTraceParent(
  parts: readonly RecordsToEncode[],
  traceParent: string,
): RecordsToEncode[] {
  const [part, ...others] = parts;
  if (part === undefined) return [];
  const { headers } = part;
  const start = headers?.valueStart[0] ?? 0;
  if (headers !== undefined && findTraceParent(headers.buffer, start) !== undefined) {
    return [...parts];
  }
  const own = headers?.buffer.subarray(start, start + (headers.valueLength[0] as number));
  const bytes = addHeader(own ?? Uint8Array.of(0), traceParent);
  const { count } = part.values;
  const first: RecordsToEncode = {
    ...partOf(part, 0, 1),
    headers: {
      count: 1,
      buffer: bytes,
      valueStart: Int32Array.of(0),
      valueLength: Int32Array.of(bytes.length),
    },
  };
  return count === 1 ? [first, ...others] : [first, partOf(part, 1, count), ...others];
}

/** The headers of a record, in the form of `RecordMeta`, with one more. */
function addHeader(headers: Uint8Array, traceParent: string): Uint8Array {
  let at = 0;
  let count = 0;
  let shift = 0;
  let byte: number;
  do {
    byte = headers[at++] as number;
    count |= (byte & 127) << shift;
    shift += 7;
  } while (byte > 127);
  const encoder = new TextEncoder();
  const fields = [traceParentHeader, traceParent].map((text) => encoder.encode(text));
  return Uint8Array.from([
    ...varint((count >>> 1) + 1),
    ...headers.subarray(at),
    ...fields.flatMap((field) => [...varint(field.length), ...field]),
  ]);
}

/** A number that is not negative, zig-zag. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return bytes;
}

function partOf(part: RecordsToEncode, from: number, to: number): RecordsToEncode {
  const { values, keys, timestamp, headers } = part;
  return {
    values: rangesOf(values, from, to),
    ...(keys === undefined ? {} : { keys: rangesOf(keys, from, to) }),
    ...(timestamp === undefined ? {} : { timestamp: timestamp.subarray(from, to) }),
    ...(headers === undefined ? {} : { headers: rangesOf(headers, from, to) }),
  };
}

function rangesOf(ranges: RecordRanges, from: number, to: number): RecordRanges {
  const { buffer, valueStart, valueLength } = ranges;
  return {
    count: to - from,
    buffer,
    valueStart: valueStart.subarray(from, to),
    valueLength: valueLength.subarray(from, to),
  };
}
