// Produce v9 … v12
//   request => transactional_id STRING?, acks INT16, timeout_ms INT32, topics [name STRING,
//              partitions [partition INT32, records RECORDS?, tags], tags], tags
//   answer  => topics [name STRING, partitions [partition INT32, error INT16, base_offset INT64,
//              append_time INT64, log_start INT64, record_errors [batch_index INT32, message
//              STRING?, tags], message STRING?, tags (v10: 0 current_leader)], tags], throttle_ms
//              INT32, tags
// v12 adds the partitions to the transaction by itself (KIP-890); up to v11 they have to be added
// before. A partition gets one batch of a request.
import type { KafkaApi } from "./api.ts";
import { readByTopic, type TopicPartition, writeByTopic } from "./by-topic.ts";

/** Batches for partitions that have the same leader. */
export interface ProduceRequest {
  readonly transactionalId: string | null;
  /** How long the leader may wait for its followers. */
  readonly timeoutMs: number;
  /** One encoded batch each; it is sent as it is, without a copy. */
  readonly batches: readonly (TopicPartition & { readonly records: Uint8Array })[];
}

/** What became of a batch. */
export interface ProducedBatch extends TopicPartition {
  readonly error: number;
  readonly message: string | null;
  /** Offset of its first record; −1 when it is not known, or not written. */
  readonly baseOffset: bigint;
}

/** Writes batches, and waits until all replicas in sync have them. */
export const produce: KafkaApi<ProduceRequest, readonly ProducedBatch[]> = {
  name: "Produce",
  key: 0,
  versionMin: 9,
  versionMax: 12,
  write(writer, { transactionalId, timeoutMs, batches }) {
    writer.string(transactionalId);
    writer.int16(-1);
    writer.int32(timeoutMs);
    writeByTopic(writer, batches, ({ records }) => writer.bytes(records));
    writer.noTags();
  },
  read(reader) {
    const batches = readByTopic(reader, (place) => {
      const error = reader.int16();
      const baseOffset = reader.int64();
      reader.int64();
      reader.int64();
      const messages = reader.array(() => {
        reader.int32();
        const message = reader.nullableString();
        reader.tags();
        return message;
      });
      const message = reader.nullableString() ?? messages[0] ?? null;
      return { ...place, error, message, baseOffset };
    });
    reader.int32();
    reader.tags();
    return batches;
  },
};
