import { isUtf8 } from "node:buffer";
import {
  type BadRecord,
  type DecodedValues,
  type LogRecords,
  millraceError,
  type RecordDecoder,
  takeRecords,
} from "@millrace/core";

/**
 * Decodes records `from` to `to`. Those without a value, tombstones, are no decoder's matter: they
 * are refused here, with `RECORD_TOMBSTONE`.
 *
 * **Cost** that of the decoder, and of a loop over lengths
 */
export function decodeRecords(
  decoder: RecordDecoder,
  records: LogRecords,
  from: number,
  to: number,
): DecodedValues {
  const tombstones = tombstonesOf(records, from, to);
  if (tombstones.length === 0) return decoder.decode(records, from, to);
  const index = new Int32Array(to - from - tombstones.length);
  let count = 0;
  for (let i = from; i < to; i++) if (records.valueLength[i]! >= 0) index[count++] = i;
  const { rows, recordIndex, badRecords } = decoder.decode(takeRecords(records, index));
  const refused = badRecords.map((bad) => ({ ...bad, index: index[bad.index]! }));
  refused.push(...tombstones.map((at) => tombstone(records, at)));
  return {
    rows,
    recordIndex: recordIndex?.map((at) => index[at]!) ?? index,
    badRecords: refused.toSorted((a, b) => a.index - b.index),
  };
}

function tombstonesOf({ valueLength }: LogRecords, from: number, to: number): number[] {
  const found: number[] = [];
  for (let i = from; i < to; i++) if (valueLength[i]! < 0) found.push(i);
  return found;
}

function tombstone(records: LogRecords, index: number): BadRecord {
  const { code, message } = millraceError("RECORD_TOMBSTONE", { key: keyText(records, index) });
  return { index, code, reason: message, raw: "" };
}

/**
 * A record's key for people: its text in quotes, or its bytes in hexadecimal; ? if it is not read.
 */
function keyText({ buffer, meta }: LogRecords, index: number): string {
  if (meta === undefined) return "?";
  const length = meta.keyLength[index]!;
  if (length < 0) return "null";
  const start = meta.keyStart[index]!;
  const key = Buffer.from(buffer.subarray(start, start + Math.min(length, 200)));
  return isUtf8(key) ? JSON.stringify(key.toString()) : `0x${key.toString("hex")}`;
}
