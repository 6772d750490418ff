import type { RecordRanges } from "@millrace/core";
import type { BatchBuffers } from "./batch-buffers.ts";
import type { Compression } from "./compression/compression.ts";

/** Records of one partition, as columns. */
export interface RecordsToEncode {
  /** A length of −1 is a record without a value (a tombstone). */
  readonly values: RecordRanges;
  /** As many as values; a length of −1 is a record without a key. Absent: none has one. */
  readonly keys?: RecordRanges;
  /** In whole ms since 1970. Absent: all have the time of the options. */
  readonly timestamp?: Float64Array;
  /** As many as values, encoded as in `RecordMeta`. Absent: none has any. */
  readonly headers?: RecordRanges;
}

/** How records become batches. */
export interface EncodeOptions {
  /** Time of records that have none of their own, in whole ms since 1970. */
  readonly timestamp: number;
  /** Bytes of a batch before it is compressed; a single record that is larger goes alone. */
  readonly batchBytesMax?: number;
  readonly isTransactional?: boolean;
  /**
   * Absent: the producer is not idempotent. The sequence is that of the first batch. `"later"`: the
   * caller stamps each batch, which has no checksum before that.
   */
  readonly producer?: ProducerStamp | "later";
  /** From `loadCompression`. A batch that it does not make smaller is not compressed. */
  readonly compression?: Compression;
  /** Where the memory of batches is from; absent: fresh. */
  readonly buffers?: BatchBuffers;
}

/** What makes a batch of an idempotent producer its own. */
export interface ProducerStamp {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Number of the batch's first record in its partition. */
  readonly baseSequence: number;
}

/** A record batch as it is sent. */
export interface EncodedBatch {
  readonly bytes: Uint8Array;
  readonly recordCount: number;
}
