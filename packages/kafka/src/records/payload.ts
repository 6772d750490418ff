import { headerBytes, headerField, attributeBits } from "./batch-header.ts";
import type { BatchHeader } from "./choose-batches.ts";
import { damaged, type PartitionPlace } from "./damaged.ts";
import type { FetchedRecords } from "./fetched-records.ts";

/** Bytes of one batch's records that are not compressed, and which of the records are wanted. */
export interface Payload {
  readonly place: PartitionPlace;
  readonly bytes: Uint8Array;
  /** Where the first record begins in `bytes`. */
  readonly start: number;
  /** Where the last record ends, exclusive. */
  readonly end: number;
  readonly recordCount: number;
  readonly baseOffset: bigint;
  /** Offset of the last record that the batch once had, minus `baseOffset`. */
  readonly lastOffsetDelta: number;
  /** Records with a smaller offset delta are left out. */
  readonly deltaMin: number;
  /** What to add to offset deltas, so that they count from the first batch's base offset. */
  readonly deltaShift: number;
  /** What record times are relative to, in ms since 1970. */
  readonly baseTimestamp: number;
  /** The broker's time, which then all records have. */
  readonly appendTimestamp: number | undefined;
}

/** Bytes of the smallest record: seven fields of one byte. */
const recordBytesMin = 7;

/**
 * Describes where a batch's records lie.
 *
 * @throws LOG_CORRUPT when there cannot be as many as the batch says
 */
export function payloadOf(
  fetched: FetchedRecords,
  batch: BatchHeader,
  firstOffset: bigint,
  place: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
): Payload {
  const { bytes, from } = fetched;
  const { baseOffset, recordCount, lastOffsetDelta, attributes } = batch;
  const { start, end } = place;
  if (recordCount > (end - start) / recordBytesMin) {
    throw damaged(fetched, baseOffset, "its batch is too short for its records");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + batch.start, headerBytes);
  const hasAppendTime = (attributes & attributeBits.logAppendTime) !== 0;
  const appended = view.getBigInt64(headerField.maxTimestamp);
  return {
    place: fetched,
    bytes: place.bytes,
    start,
    end,
    recordCount,
    baseOffset,
    lastOffsetDelta,
    deltaMin: from > baseOffset ? Number(from - baseOffset) : 0,
    deltaShift: Number(baseOffset - firstOffset),
    baseTimestamp: Number(view.getBigInt64(headerField.baseTimestamp)),
    appendTimestamp: hasAppendTime ? Number(appended) : undefined,
  };
}
