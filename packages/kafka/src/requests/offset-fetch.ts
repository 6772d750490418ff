// OffsetFetch v8
//   request => groups [group_id STRING, topics [name STRING, partitions [INT32], tags]?, tags],
//              require_stable BOOL, tags
//   answer  => throttle_ms INT32, groups [group_id STRING, topics [name STRING, partitions
//              [partition INT32, offset INT64, leader_epoch INT32, metadata STRING?, error INT16,
//              tags], tags], error INT16, tags], tags
// With require_stable an offset that a transaction is moving gives UNSTABLE_OFFSET_COMMIT instead
// of the old one.
import type { KafkaApi } from "./api.ts";
import { groupByTopic, readByTopic, type TopicPartition } from "./by-topic.ts";

/** A group's offsets; absent `partitions`: all that it has. */
export interface OffsetFetchRequest {
  readonly groupId: string;
  readonly partitions?: readonly TopicPartition[];
}

/** Where a group goes on; offset −1: it has none. */
export interface CommittedOffset extends TopicPartition {
  readonly error: number;
  readonly offset: bigint;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

/** A group's offsets, with an error for the whole. */
export interface OffsetFetchAnswer {
  readonly error: number;
  readonly offsets: readonly CommittedOffset[];
}

/** Reads stable offsets, one answer per group; asked of the group's coordinator. */
export const offsetFetch: KafkaApi<OffsetFetchRequest, readonly OffsetFetchAnswer[]> = {
  name: "OffsetFetch",
  key: 9,
  versionMin: 8,
  versionMax: 8,
  write(writer, { groupId, partitions }) {
    writer.array([groupId], () => {
      writer.string(groupId);
      const topics = partitions === undefined ? null : [...groupByTopic(partitions)];
      writer.array(topics, ([topic, ofTopic]) => {
        writer.string(topic);
        writer.array(ofTopic, ({ partition }) => writer.int32(partition));
        writer.noTags();
      });
      writer.noTags();
    });
    writer.boolean(true);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const groups = reader.array(() => {
      reader.string();
      const offsets = readByTopic(reader, (place) => {
        const head = { ...place, offset: reader.int64(), leaderEpoch: reader.int32() };
        return { ...head, metadata: reader.nullableString(), error: reader.int16() };
      });
      const error = reader.int16();
      reader.tags();
      return { error, offsets };
    });
    reader.tags();
    return groups;
  },
};
