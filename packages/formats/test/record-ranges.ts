import type { DecodedValues, RecordDecoder, RecordRanges } from "@millrace/core";

/** The records in one buffer, each after a gap of so many bytes of noise. */
export function rangesOf(records: readonly Uint8Array[], gap = 0): RecordRanges {
  const size = records.reduce((sum, record) => sum + gap + record.length, 0);
  const buffer = new Uint8Array(size).fill(0xff);
  const valueStart = new Int32Array(records.length);
  const valueLength = new Int32Array(records.length);
  let at = 0;
  for (const [index, record] of records.entries()) {
    at += gap;
    buffer.set(record, at);
    valueStart[index] = at;
    valueLength[index] = record.length;
    at += record.length;
  }
  return { count: records.length, buffer, valueStart, valueLength };
}

/** Each record's bytes, copied. */
export function recordsOf(ranges: RecordRanges): Uint8Array[] {
  return Array.from({ length: ranges.count }, (_, i) => {
    const start = ranges.valueStart[i]!;
    return ranges.buffer.slice(start, start + ranges.valueLength[i]!);
  });
}

/** Decodes records, and then uses their memory for something else: rows must not depend on it. */
export function decodedOnce(decoder: RecordDecoder, records: RecordRanges): DecodedValues {
  const decoded = decoder.decode(records);
  records.buffer.fill(0xa5);
  return decoded;
}
