// Batches for tests of transactions: records with a value each, without key or headers.
import { crc32c } from "@millrace/core";
import type { AbortedTransaction } from "../../src/requests/fetch.ts";
import type { PartitionBatch, ProducerStamp } from "../../src/transactions/commit-producer.ts";

/** Records of another time would be deleted by the retention of their topic. */
const now = BigInt(Date.now());

/** A batch (format v2) of values shorter than 50 bytes. */
export function batchOf(topic: string, partition: number, values: string[]): PartitionBatch {
  return {
    topic,
    partition,
    recordCount: values.length,
    stamp: (stamp) => encode(values, stamp),
  };
}

function encode(values: string[], stamp: ProducerStamp): Uint8Array {
  const records = values.map((value, index) => {
    const bytes = Buffer.from(value);
    const body = [0, 0, index * 2, 1, bytes.length * 2, ...bytes, 0];
    return Buffer.from([body.length * 2, ...body]);
  });
  const batch = Buffer.concat([Buffer.alloc(61), ...records]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch[16] = 2;
  batch.writeInt16BE(16, 21);
  batch.writeInt32BE(values.length - 1, 23);
  batch.writeBigInt64BE(now, 27);
  batch.writeBigInt64BE(now, 35);
  batch.writeBigInt64BE(stamp.producerId, 43);
  batch.writeInt16BE(stamp.producerEpoch, 51);
  batch.writeInt32BE(stamp.baseSequence, 53);
  batch.writeInt32BE(values.length, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** Values of the batches that belong to no aborted transaction. */
export function valuesIn(records: Uint8Array, aborted: readonly AbortedTransaction[]): string[] {
  const bytes = Buffer.from(records);
  const values: string[] = [];
  // In the order in which they ended.
  const waiting = aborted.toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  const within = new Set<bigint>();
  for (let at = 0; at + 61 <= bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    const producerId = bytes.readBigInt64BE(at + 43);
    while (waiting[0] !== undefined && waiting[0].firstOffset <= bytes.readBigInt64BE(at)) {
      within.add(waiting[0].producerId);
      waiting.shift();
    }
    if ((bytes.readInt16BE(at + 21) & 32) !== 0) within.delete(producerId);
    else if (!within.has(producerId)) values.push(...valuesOf(bytes, at));
  }
  return values;
}

function valuesOf(bytes: Buffer, at: number): string[] {
  let record = at + 61;
  return Array.from({ length: bytes.readInt32BE(at + 57) }, () => {
    const length = (bytes[record] as number) / 2;
    const value = bytes.toString("utf8", record + 6, record + length);
    record += 1 + length;
    return value;
  });
}

/** The offset after the last batch, which may not be cut. */
export function offsetAfter(records: Uint8Array, from: bigint): bigint {
  const bytes = Buffer.from(records);
  let offset = from;
  for (let at = 0; at + 61 <= bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    offset = bytes.readBigInt64BE(at) + BigInt(bytes.readInt32BE(at + 23)) + 1n;
  }
  return offset;
}
