import { type LogRecords, recordOffset, type RecordRanges } from "@millrace/core";
import fc from "fast-check";
import { headersEnd } from "../../src/records/record-headers.ts";
import type { RecordsToEncode } from "../../src/records/records-to-encode.ts";
import type { PlainBatch, PlainRecord } from "./plain-batch.ts";
import { encodeHeaders } from "./plain-batch.ts";

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const nullable = (arbitrary: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer | null> =>
  fc.option(arbitrary, { nil: null, freq: 4 });
const headers = fc.array(
  fc.tuple(
    fc.string({ maxLength: 8 }).map((key) => Buffer.from(key)),
    nullable(bytes(12)),
  ),
  { maxLength: 3 },
);

/** A record without an offset, which its place gives. */
export const anyRecord: fc.Arbitrary<Omit<PlainRecord, "offset">> = fc.record({
  timestamp: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
    fc.integer({ min: -1, max: 8.64e15 }),
  ),
  key: nullable(bytes(24)),
  value: nullable(fc.oneof({ arbitrary: bytes(40), weight: 9 }, bytes(9_000))),
  headers: fc.oneof({ arbitrary: fc.constant([]), weight: 2 }, headers),
});

/** Batches as a partition holds them, with gaps between and within them. */
export const anyBatches: fc.Arbitrary<PlainBatch[]> = fc
  .array(
    fc.record({
      gapBefore: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 1_000_000n })),
      gapAfter: fc.nat({ max: 3 }),
      records: fc.array(fc.tuple(anyRecord, fc.oneof(fc.constant(0), fc.nat({ max: 300 }))), {
        maxLength: 12,
      }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((batches) => {
    let offset = 0n;
    return batches.map(({ gapBefore, gapAfter, records }) => {
      offset += gapBefore;
      const baseOffset = offset;
      const placed = records.map(([record, gap]) => {
        offset += BigInt(gap) + 1n;
        return { ...record, offset: offset - 1n };
      });
      offset += BigInt(gapAfter);
      if (offset === baseOffset) offset += 1n;
      return { baseOffset, lastOffset: offset - 1n, records: placed };
    });
  });

/** The records of decoded columns as objects. */
export function plainRecords(records: LogRecords): PlainRecord[] {
  const { count, buffer, valueStart, valueLength, meta } = records;
  return Array.from({ length: count }, (_, row) => {
    const start = meta!.headersStart[row]!;
    return {
      offset: recordOffset(records, row),
      timestamp: meta!.timestamp[row]!,
      key: bytesAt(buffer, meta!.keyStart[row]!, meta!.keyLength[row]!),
      value: bytesAt(buffer, valueStart[row]!, valueLength[row]!),
      headers: plainHeaders(Buffer.from(buffer.subarray(start, headersEnd(buffer, start)))),
    };
  });
}

/** The values of columns. */
export function plainValues({ count, buffer, valueStart, valueLength }: RecordRanges) {
  return Array.from({ length: count }, (_, row) =>
    bytesAt(buffer, valueStart[row]!, valueLength[row]!),
  );
}

function bytesAt(buffer: Uint8Array, start: number, length: number): Buffer | null {
  return length < 0 ? null : Buffer.from(buffer.subarray(start, start + length));
}

function plainHeaders(bytes: Buffer): PlainRecord["headers"] {
  let at = 0;
  const varint = (): number => {
    let [zigzag, shift] = [0, 0];
    for (let byte = 128; byte > 127; shift += 7) {
      byte = bytes[at++]!;
      zigzag |= (byte & 127) << shift;
    }
    return (zigzag >>> 1) ^ -(zigzag & 1);
  };
  const field = (): Buffer | null => {
    const length = varint();
    if (length < 0) return null;
    at += length;
    return bytes.subarray(at - length, at);
  };
  return Array.from({ length: varint() }, () => [field()!, field()] as const);
}

/** Columns of records. `spread` puts so many bytes between values. */
export function columnsOf(
  records: readonly Omit<PlainRecord, "offset">[],
  spread = 0,
): RecordsToEncode {
  return {
    values: rangesOf(
      records.map(({ value }) => value),
      spread,
    ),
    keys: rangesOf(
      records.map(({ key }) => key),
      0,
    ),
    headers: rangesOf(
      records.map(({ headers }) => encodeHeaders(headers)),
      0,
    ),
    timestamp: Float64Array.from(records, ({ timestamp }) => timestamp),
  };
}

/** Ranges of one buffer; null has the length −1. */
export function rangesOf(parts: readonly (Buffer | null)[], spread = 0): RecordRanges {
  const gap = Buffer.alloc(spread, 0xee);
  let at = 0;
  const starts = parts.map((part) => {
    at += spread + (part?.length ?? 0);
    return at - (part?.length ?? 0);
  });
  return {
    count: parts.length,
    buffer: Buffer.concat(parts.flatMap((part) => [gap, part ?? Buffer.alloc(0)])),
    valueStart: Int32Array.from(starts),
    valueLength: Int32Array.from(parts, (part) => part?.length ?? -1),
  };
}
