import type { RecordMeta, RecordRanges } from "@millrace/core";
import type { RecordsToEncode } from "@millrace/kafka";

/** What was appended as what is encoded; keys, times and headers go with it where there are any. */
export function recordsToWrite(
  appended: Uint8Array | RecordRanges,
  timestamp: number,
): RecordsToEncode {
  if (appended instanceof Uint8Array) {
    const valueStart = Int32Array.of(0);
    const valueLength = Int32Array.of(appended.length);
    return { values: { count: 1, buffer: appended, valueStart, valueLength } };
  }
  const { meta, count, buffer } = appended;
  if (meta === undefined) return { values: appended };
  const { keyStart, keyLength, headersStart } = meta;
  return {
    values: appended,
    keys: { count, buffer, valueStart: keyStart, valueLength: keyLength },
    timestamp: meta.timestamp.map((time) => (Number.isNaN(time) ? timestamp : time)),
    headers: { count, buffer, valueStart: headersStart, valueLength: headerLengths(buffer, meta) },
  };
}

function headerLengths(buffer: Uint8Array, { headersStart }: RecordMeta): Int32Array {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = buffer[at++] as number;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    return (value >>> 1) ^ -(value & 1);
  };
  return headersStart.map((start) => {
    at = start;
    for (let rest = varint() * 2; rest > 0; rest--) {
      // A name or a value, which may be null.
      const size = Math.max(0, varint());
      at += size;
    }
    return at - start;
  });
}
