// DeleteRecords v2
//   request => topics [name STRING, partitions [partition INT32, offset INT64, tags], tags],
//              timeout_ms INT32, tags
//   answer  => throttle_ms INT32, topics [name STRING, partitions [partition INT32, low_watermark
//              INT64, error INT16, tags], tags], tags
import type { KafkaApi } from "./api.ts";
import { readByTopic, type TopicPartition, writeByTopic } from "./by-topic.ts";

/** Records before `offset` are removed; −1: all up to the high watermark. */
export interface DeleteRecordsRequest {
  readonly partitions: readonly (TopicPartition & { readonly offset: bigint })[];
  readonly timeoutMs: number;
}

/** The first offset that is left. */
export interface DeletedRecords extends TopicPartition {
  readonly error: number;
  readonly start: bigint;
}

/** Removes records from the start of partitions; asked of their leaders. */
export const deleteRecords: KafkaApi<DeleteRecordsRequest, readonly DeletedRecords[]> = {
  name: "DeleteRecords",
  key: 21,
  versionMin: 2,
  versionMax: 2,
  write(writer, { partitions, timeoutMs }) {
    writeByTopic(writer, partitions, ({ offset }) => writer.int64(offset));
    writer.int32(timeoutMs);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const partitions = readByTopic(reader, (place) => {
      const start = reader.int64();
      return { ...place, start, error: reader.int16() };
    });
    reader.tags();
    return partitions;
  },
};
