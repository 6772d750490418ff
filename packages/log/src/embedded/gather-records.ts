import type { LogRecords, Offset } from "@millrace/core";

const noBytes = new Uint8Array(0);

/**
 * Makes the view of consecutive records from their values.
 *
 * **Cost** one copy of the bytes; a single value is taken as it is, not copied
 */
export function gatherRecords(baseOffset: Offset, values: readonly Uint8Array[]): LogRecords {
  const count = values.length;
  const valueStart = new Int32Array(count);
  const valueLength = new Int32Array(count);
  let sizeBytes = 0;
  for (let index = 0; index < count; index++) {
    const { length } = values[index] as Uint8Array;
    valueStart[index] = sizeBytes;
    valueLength[index] = length;
    sizeBytes += length;
  }
  if (count <= 1) {
    return { count, baseOffset, buffer: values[0] ?? noBytes, valueStart, valueLength };
  }
  const buffer = new Uint8Array(sizeBytes);
  for (let index = 0; index < count; index++) {
    buffer.set(values[index] as Uint8Array, valueStart[index]);
  }
  return { count, baseOffset, buffer, valueStart, valueLength };
}
