import { crc32c, type MillraceError, millraceError } from "@millrace/core";
import { AbortedProducers } from "./aborted-producers.ts";
import { attributeBits, headerBytes, headerField, lengthEnd, magicV2 } from "./batch-header.ts";
import { isAbortMarker } from "./control-record.ts";
import { damaged } from "./damaged.ts";
import type { FetchedRecords } from "./fetched-records.ts";

/** The header of a record batch, and where the batch lies. */
export interface BatchHeader {
  /** Where the batch begins. */
  readonly start: number;
  /** Where it ends, exclusive. */
  readonly end: number;
  readonly baseOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly attributes: number;
  readonly recordCount: number;
  readonly producerId: bigint;
}

/** The batches of a Fetch answer whose records are given. */
export interface ChosenBatches {
  readonly batches: readonly BatchHeader[];
  /** The offset after the last batch that was gone through. */
  readonly next: bigint;
}

/** Offsets of one answer are held as 32-bit differences to the first one. */
const spanMax = 2 ** 31;

/**
 * Goes through the whole batches of a Fetch answer, checks each of them, and leaves out control
 * batches, those of aborted transactions, those before `from`, and from the first one on that
 * reaches the last stable offset.
 *
 * @throws LOG_CORRUPT, LOG_FORMAT_UNSUPPORTED
 */
export function chooseBatches(fetched: FetchedRecords): ChosenBatches {
  const { bytes, committed } = fetched;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const aborted = new AbortedProducers(committed?.abortedTransactions ?? []);
  const batches: BatchHeader[] = [];
  let next: bigint = fetched.from;
  let baseOffsetMin = 0n;
  for (let at = 0; at < bytes.length;) {
    const header = readHeader(fetched, view, at, next);
    if (header === undefined) break;
    const { baseOffset } = header;
    if (baseOffset < baseOffsetMin) throw damaged(fetched, baseOffset, "its batch goes back");
    baseOffsetMin = baseOffset + BigInt(header.lastOffsetDelta) + 1n;
    if (committed !== undefined && baseOffsetMin > committed.lastStableOffset) break;
    if (baseOffsetMin - (batches[0]?.baseOffset ?? baseOffset) > spanMax) break;
    at = header.end;
    aborted.advanceTo(baseOffsetMin - 1n);
    const isGiven = settle(fetched, header, aborted) && baseOffsetMin > fetched.from;
    if (isGiven && header.recordCount > 0) batches.push(header);
    if (baseOffsetMin > next) next = baseOffsetMin;
  }
  return { batches, next };
}

/** Whether a batch's records are given; an abort marker ends its transaction. */
function settle(fetched: FetchedRecords, header: BatchHeader, aborted: AbortedProducers): boolean {
  const { attributes, producerId } = header;
  if (attributes & attributeBits.control) {
    if (isAbortMarker(fetched, header)) aborted.end(producerId);
    return false;
  }
  return (attributes & attributeBits.transactional) === 0 || !aborted.has(producerId);
}

/** Undefined where the batch is cut. The broker gives at least the first batch whole. */
function readHeader(
  fetched: FetchedRecords,
  view: DataView,
  start: number,
  next: bigint,
): BatchHeader | undefined {
  const left = view.byteLength - start;
  if (left < headerField.magic + 1) return refuseCut(fetched, start, next);
  const baseOffset = view.getBigInt64(start + headerField.baseOffset);
  if (baseOffset < 0n) throw damaged(fetched, next, "its batch has a negative offset");
  const magic = view.getInt8(start + headerField.magic);
  if (magic !== magicV2) throw unsupported(fetched, baseOffset, magic);
  const sizeBytes = view.getInt32(start + headerField.length) + lengthEnd;
  if (sizeBytes < headerBytes) throw damaged(fetched, baseOffset, "its batch is too short");
  if (sizeBytes > left) return refuseCut(fetched, start, baseOffset);
  const end = start + sizeBytes;
  const covered = fetched.bytes.subarray(start + headerField.attributes, end);
  if (crc32c(covered) !== view.getUint32(start + headerField.crc)) {
    throw damaged(fetched, baseOffset, "the checksum of its batch does not fit");
  }
  const lastOffsetDelta = view.getInt32(start + headerField.lastOffsetDelta);
  if (lastOffsetDelta < 0) throw damaged(fetched, baseOffset, "its batch ends before it begins");
  const recordCount = view.getInt32(start + headerField.recordCount);
  if (recordCount < 0) throw damaged(fetched, baseOffset, "its batch has less than no records");
  const attributes = view.getInt16(start + headerField.attributes);
  const producerId = view.getBigInt64(start + headerField.producerId);
  return { start, end, baseOffset, lastOffsetDelta, attributes, recordCount, producerId };
}

function refuseCut(fetched: FetchedRecords, start: number, offset: bigint): undefined {
  if (start === 0) throw damaged(fetched, offset, "its batch is cut, and is the first one fetched");
  return undefined;
}

function unsupported(
  { topic, partition }: FetchedRecords,
  offset: bigint,
  magic: number,
): MillraceError {
  const problem = `it is in message format v${magic}, not v${magicV2}`;
  return millraceError("LOG_FORMAT_UNSUPPORTED", {
    topic,
    partition,
    offset: String(offset),
    problem,
  });
}
