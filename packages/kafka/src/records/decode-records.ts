import { type LogRecords, offset, type RecordMeta } from "@millrace/core";
import { type BatchHeader, chooseBatches } from "./choose-batches.ts";
import type { DecodedRecords, FetchedRecords } from "./fetched-records.ts";
import { type Payload, payloadOf } from "./payload.ts";
import { readMeta } from "./read-meta.ts";
import { readValues, type ValueColumns } from "./read-values.ts";
import { unpackBatches } from "./unpack-batches.ts";

/**
 * Decodes the record batches that a Fetch answer holds of one partition (message format v2) into
 * columns. Values are ranges of the fetched bytes where no batch is compressed, else of one buffer
 * of all records; `loadCompressionsOf` comes first. Offsets, lengths and checksums are checked;
 * damage is never skipped.
 *
 * **Cost** about 20 ns a record, and the checksum: about 0.25 ns a byte
 *
 * @throws LOG_CORRUPT when a batch is not as the format says, or the first one is cut;
 *   LOG_FORMAT_UNSUPPORTED for message formats before v2
 */
export function decodeRecords(fetched: FetchedRecords): DecodedRecords {
  const { batches, next: end } = chooseBatches(fetched);
  const { bytes, places } = unpackBatches(fetched, batches);
  const next = batches[places.length]?.baseOffset ?? end;
  const firstOffset = batches[0]?.baseOffset ?? next;
  const payloads = places.map((place, index) =>
    payloadOf(fetched, batches[index] as BatchHeader, firstOffset, { bytes, ...place }),
  );
  const records = readPayloads(payloads, fetched, firstOffset);
  return { records: records ?? noRecords(fetched, next), next: offset(next) };
}

/** Undefined where there is none. */
function readPayloads(
  payloads: readonly Payload[],
  { withMeta, bytes }: FetchedRecords,
  firstOffset: bigint,
): LogRecords | undefined {
  const countMax = payloads.reduce((sum, { recordCount }) => sum + recordCount, 0);
  const values = {
    ...(areDense(payloads) ? {} : { offsetDelta: new Int32Array(countMax) }),
    valueStart: new Int32Array(countMax),
    valueLength: new Int32Array(countMax),
  };
  const meta = withMeta ? makeMeta(countMax) : undefined;
  let count = 0;
  for (const payload of payloads) {
    const endRow = readValues(payload, values, count);
    if (meta !== undefined) readMeta(payload, values, meta, count, endRow);
    count = endRow;
  }
  if (count === 0) return undefined;
  const { first, column } = offsetsOf(values, payloads[0]?.deltaMin ?? 0, count);
  return {
    count,
    baseOffset: offset(firstOffset + BigInt(first)),
    buffer: payloads[0]?.bytes ?? bytes,
    valueStart: values.valueStart.subarray(0, count),
    valueLength: values.valueLength.subarray(0, count),
    ...(column === undefined ? {} : { offsetDelta: column }),
    ...(meta === undefined ? {} : { meta: firstRows(meta, count) }),
  };
}

/** Whether no offset is missing. Offsets ascend, so that as many records as offsets are all. */
function areDense(payloads: readonly Payload[]): boolean {
  let end = 0;
  return payloads.every(({ recordCount, lastOffsetDelta, deltaShift }) => {
    const isNext = deltaShift === end;
    end += recordCount;
    return isNext && recordCount === lastOffsetDelta + 1;
  });
}

/** The first record's offset delta, and all of them counted from it where some are missing. */
function offsetsOf(
  { offsetDelta }: ValueColumns,
  deltaMin: number,
  count: number,
): { first: number; column?: Int32Array } {
  if (offsetDelta === undefined) return { first: deltaMin };
  const first = offsetDelta[0] as number;
  if ((offsetDelta[count - 1] as number) - first === count - 1) return { first };
  const deltas = offsetDelta.subarray(0, count);
  return { first, column: first === 0 ? deltas : deltas.map((delta) => delta - first) };
}

function makeMeta(count: number): RecordMeta {
  return {
    keyStart: new Int32Array(count),
    keyLength: new Int32Array(count),
    timestamp: new Float64Array(count),
    headersStart: new Int32Array(count),
  };
}

function firstRows(meta: RecordMeta, count: number): RecordMeta {
  return {
    keyStart: meta.keyStart.subarray(0, count),
    keyLength: meta.keyLength.subarray(0, count),
    timestamp: meta.timestamp.subarray(0, count),
    headersStart: meta.headersStart.subarray(0, count),
  };
}

function noRecords({ bytes, withMeta }: FetchedRecords, next: bigint): LogRecords {
  const values = { valueStart: new Int32Array(0), valueLength: new Int32Array(0) };
  const records = { count: 0, baseOffset: offset(next), buffer: bytes, ...values };
  return withMeta ? { ...records, meta: makeMeta(0) } : records;
}
