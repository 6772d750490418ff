import type { RecordRanges } from "@millrace/core";
import type { RecordsToEncode } from "./records-to-encode.ts";
import { varintWidth, varlongWidth } from "./varint.ts";

/** Records of one part that go into a batch. */
export interface Slice {
  readonly part: RecordsToEncode;
  readonly fromRow: number;
  /** Exclusive. */
  readonly endRow: number;
  /** Bytes that the records take in the batch. */
  readonly sizeBytes: number;
  readonly timestampMax: number;
  /** Bytes between the values; undefined where they do not lie in order, or far apart. */
  readonly gapBytes: number | undefined;
}

/** Where a slice begins, and how much it may hold. */
export interface SliceStart {
  readonly fromRow: number;
  /** Where it ends at the latest, exclusive. */
  readonly endRowMax: number;
  /** Offset delta of its first record. */
  readonly offsetDelta: number;
  readonly baseTimestamp: number;
  readonly timestamp: number;
  /** Bytes left in the batch. */
  readonly room: number;
}

/** Bytes of a record behind its length. */
export function recordBytes(
  { values, keys, headers }: RecordsToEncode,
  row: number,
  offsetDelta: number,
  timeDelta: number,
): number {
  return (
    1 +
    (timeDelta === 0 ? 1 : varlongWidth(timeDelta)) +
    varintWidth(offsetDelta) +
    (keys === undefined ? 1 : fieldBytes(keys, row)) +
    fieldBytes(values, row) +
    (headers === undefined ? 1 : Math.max(headers.valueLength[row] as number, 1))
  );
}

function fieldBytes({ valueLength }: RecordRanges, row: number): number {
  const length = valueLength[row] as number;
  return length < 0 ? 1 : length + varintWidth(length);
}

/** Finds how many records fit into the room, and what they take. */
export function measureRecords(part: RecordsToEncode, start: SliceStart): Slice {
  const { fromRow, baseTimestamp, room } = start;
  const { values, timestamp } = part;
  const { valueStart, valueLength } = values;
  const deltaShift = start.offsetDelta - fromRow;
  let sizeBytes = 0;
  let timestampMax = Number.NEGATIVE_INFINITY;
  let gapBytes = 0;
  let valueEnd = valueStart[fromRow] as number;
  let isInOrder = true;
  let row = fromRow;
  for (; row < start.endRowMax; row++) {
    const time = timestamp === undefined ? start.timestamp : (timestamp[row] as number);
    const bytes = recordBytes(part, row, row + deltaShift, time - baseTimestamp);
    const next = sizeBytes + varintWidth(bytes) + bytes;
    if (next > room) break;
    sizeBytes = next;
    if (time > timestampMax) timestampMax = time;
    const length = valueLength[row] as number;
    const gap = (valueStart[row] as number) - valueEnd;
    if (gap < 0) isInOrder = false;
    gapBytes += gap;
    valueEnd += length > 0 ? gap + length : gap;
  }
  const slice = { part, fromRow, endRow: row, sizeBytes, timestampMax };
  return { ...slice, gapBytes: isInOrder && gapBytes * 4 < sizeBytes ? gapBytes : undefined };
}
