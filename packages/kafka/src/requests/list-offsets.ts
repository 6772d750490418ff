// ListOffsets v7
//   request => replica INT32 (−1), isolation INT8, topics [name STRING, partitions [partition
//   INT32, leader_epoch INT32, timestamp INT64, tags], tags], tags
//   answer  => throttle_ms INT32, topics [name STRING, partitions [partition INT32, error INT16,
//              timestamp INT64, offset INT64, leader_epoch INT32, tags], tags], tags
import type { KafkaApi } from "./api.ts";
import { readByTopic, type TopicPartition, writeByTopic } from "./by-topic.ts";

/** Which records a reader sees: all of them, or those of committed transactions only. */
export type Isolation = "read-uncommitted" | "read-committed";

/** The byte that stands for an isolation. */
export function isolationByte(isolation: Isolation): number {
  return isolation === "read-committed" ? 1 : 0;
}

/**
 * Which offset is asked for: the first one, the one after the last (with "read-committed": of the
 * last stable one), or the first whose record is not older than so many ms since 1970.
 */
export type OffsetAt = "earliest" | "latest" | number;

/** Partitions, each with the place that is asked for. */
export interface ListOffsetsRequest {
  readonly isolation: Isolation;
  readonly partitions: readonly (TopicPartition & { readonly at: OffsetAt })[];
}

/** An offset; −1 when no record is as new as the time asked for. */
export interface ListedOffset extends TopicPartition {
  readonly error: number;
  /** Of the record, in ms since 1970; −1 for "earliest" and "latest". */
  readonly timestamp: bigint;
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

/** Finds offsets; asked of the leaders of the partitions. */
export const listOffsets: KafkaApi<ListOffsetsRequest, readonly ListedOffset[]> = {
  name: "ListOffsets",
  key: 2,
  versionMin: 7,
  versionMax: 7,
  write(writer, { isolation, partitions }) {
    writer.int32(-1);
    writer.int8(isolationByte(isolation));
    writeByTopic(writer, partitions, ({ at }) => {
      writer.int32(-1);
      writer.int64(timestampOf(at));
    });
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const partitions = readByTopic(reader, (place) => {
      const head = { ...place, error: reader.int16(), timestamp: reader.int64() };
      return { ...head, offset: reader.int64(), leaderEpoch: reader.int32() };
    });
    reader.tags();
    return partitions;
  },
};

function timestampOf(at: OffsetAt): bigint {
  if (at === "latest") return -1n;
  return at === "earliest" ? -2n : BigInt(at);
}
