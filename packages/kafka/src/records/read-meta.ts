import type { RecordMeta } from "@millrace/core";
import type { Payload } from "./payload.ts";
import type { ValueColumns } from "./read-values.ts";

/**
 * Reads keys, times and headers of the records that `readValues` has read, and checked, into rows
 * from `firstRow` to `endRow`, exclusive.
 */
export function readMeta(
  payload: Payload,
  values: ValueColumns,
  meta: RecordMeta,
  firstRow: number,
  endRow: number,
): void {
  const { bytes, recordCount, baseTimestamp, appendTimestamp } = payload;
  const { valueStart, valueLength } = values;
  const { keyStart, keyLength, timestamp, headersStart } = meta;
  let at = payload.start;
  // Records that are left out are the first ones: their rows are before `firstRow`.
  for (let row = endRow - recordCount; row < endRow; row++) {
    let shift = 0;
    let length = 0;
    let byte = 0;
    do {
      byte = bytes[at++] as number;
      length |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    const end = at + (length >>> 1);
    if (row < firstRow) {
      at = end;
      continue;
    }
    at++;
    let low = 0;
    let high = 0;
    shift = 0;
    do {
      byte = bytes[at++] as number;
      if (shift < 28) low |= (byte & 127) << shift;
      else high += (byte & 127) * 2 ** (shift - 28);
      shift += 7;
    } while (byte > 127);
    const half = high * 2 ** 27 + (low >>> 1);
    timestamp[row] = appendTimestamp ?? baseTimestamp + (low & 1 ? -half - 1 : half);

    while ((bytes[at++] as number) > 127);
    shift = 0;
    length = 0;
    do {
      byte = bytes[at++] as number;
      length |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    keyStart[row] = at;
    keyLength[row] = length === 1 ? -1 : length >>> 1;
    headersStart[row] = (valueStart[row] as number) + Math.max(valueLength[row] as number, 0);
    at = end;
  }
}
