import { damaged } from "./damaged.ts";
import type { Payload } from "./payload.ts";
import { areHeadersSound } from "./record-headers.ts";

/** Columns that records are read into, by row. */
export interface ValueColumns {
  /** Absent where it is known to be 0, 1, 2, … */
  readonly offsetDelta?: Int32Array;
  readonly valueStart: Int32Array;
  readonly valueLength: Int32Array;
}

/**
 * Reads the offsets and values of a batch's records into columns, from a row on. Each varint is
 * read in place: a call per field would take as long as all the rest.
 *
 * Beyond the bytes there are zeros, at which loops over varints end; so it is enough that each
 * record ends where its length says, within the batch.
 *
 * @returns the row after the last record
 * @throws LOG_CORRUPT
 */
export function readValues(payload: Payload, columns: ValueColumns, firstRow: number): number {
  const { bytes, recordCount, lastOffsetDelta, deltaMin, deltaShift, end: payloadEnd } = payload;
  const { offsetDelta, valueStart, valueLength } = columns;
  let at = payload.start;
  let row = firstRow;
  let deltaBefore = -1;
  let index = 0;
  for (; index < recordCount; index++) {
    let byte = 0;
    let shift = 0;
    let length = 0;
    do {
      byte = bytes[at++] as number;
      length |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    const end = at + (length >>> 1);
    if (shift > 35 || length & 1 || end > payloadEnd) break;

    const timeStart = ++at;
    while ((bytes[at++] as number) > 127);
    if (at - timeStart > 10) break;

    let delta = 0;
    shift = 0;
    do {
      byte = bytes[at++] as number;
      delta |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    if (shift > 35 || delta & 1) break;
    delta >>>= 1;
    if (delta <= deltaBefore || delta > lastOffsetDelta) break;
    deltaBefore = delta;

    shift = 0;
    length = 0;
    do {
      byte = bytes[at++] as number;
      length |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    if (shift > 35 || (length & 1 && length !== 1)) break;
    if (length !== 1) at += length >>> 1;

    shift = 0;
    length = 0;
    do {
      byte = bytes[at++] as number;
      length |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    if (shift > 35 || (length & 1 && length !== 1)) break;
    const start = at;
    if (length !== 1) at += length >>> 1;
    if (at >= end || ((at !== end - 1 || bytes[at] !== 0) && !areHeadersSound(bytes, at, end)))
      break;
    at = end;
    if (delta < deltaMin) continue;
    if (offsetDelta !== undefined) offsetDelta[row] = delta + deltaShift;
    valueStart[row] = start;
    valueLength[row] = length === 1 ? -1 : length >>> 1;
    row++;
  }
  if (index < recordCount || at !== payloadEnd) throw malformed(payload, index);
  return row;
}

/** The error for a record that is not as the message format says. */
function malformed({ place, baseOffset, recordCount }: Payload, index: number): Error {
  const problem =
    index < recordCount ? `record ${index} of its batch is malformed` : "its batch is too long";
  return damaged(place, baseOffset, problem);
}
