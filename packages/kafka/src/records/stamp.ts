import { crc32c } from "@millrace/core";
import { headerField } from "./batch-header.ts";
import type { EncodedBatch, ProducerStamp } from "./records-to-encode.ts";

const sequences = 2 ** 31;

/**
 * Writes producer, epoch and sequence into a batch, in place, and its checksum anew. A retry needs
 * no stamp: it sends the same bytes.
 *
 * **Cost** the checksum: about 0.25 ns a byte
 */
export function stamp({ bytes }: EncodedBatch, producer: ProducerStamp): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setBigInt64(headerField.producerId, producer.producerId);
  view.setInt16(headerField.producerEpoch, producer.producerEpoch);
  view.setInt32(headerField.baseSequence, producer.baseSequence);
  view.setUint32(headerField.crc, crc32c(bytes.subarray(headerField.attributes)));
}

/** The sequence after so many records; it begins at 0 again after 2^31 − 1. */
export function sequenceAfter(baseSequence: number, recordCount: number): number {
  return (baseSequence + recordCount) % sequences;
}
