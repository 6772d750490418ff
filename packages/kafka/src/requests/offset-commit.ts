// OffsetCommit v8
//   request => group_id STRING, generation INT32, member_id STRING, group_instance_id STRING?,
//              topics [name STRING, partitions [partition INT32, offset INT64, leader_epoch INT32,
//              metadata STRING?, tags], tags], tags
//   answer  => throttle_ms INT32, topics [name STRING, partitions [partition INT32, error INT16,
//              tags], tags], tags
import type { WireWriter } from "../wire/writer.ts";
import type { KafkaApi } from "./api.ts";
import {
  type PartitionError,
  readPartitionErrors,
  type TopicPartition,
  writeByTopic,
} from "./by-topic.ts";

/** A member of a group in one of its generations: what moves offsets must be a current one. */
export interface GroupMetadata {
  readonly groupId: string;
  /** −1 with an empty `memberId`: an outsider, which is not checked. */
  readonly generation: number;
  readonly memberId: string;
  readonly groupInstanceId?: string;
}

/** The offset that a group goes on at, with a text of ours. */
export interface GroupOffset extends TopicPartition {
  readonly offset: bigint;
  /** Epoch of the leader that the last record came from; −1 when it is not known. */
  readonly leaderEpoch?: number;
  readonly metadata?: string;
}

/** A group's new offsets. */
export interface OffsetCommitRequest extends GroupMetadata {
  readonly offsets: readonly GroupOffset[];
}

/** Moves a group's offsets outside of transactions; asked of the group's coordinator. */
export const offsetCommit: KafkaApi<OffsetCommitRequest, readonly PartitionError[]> = {
  name: "OffsetCommit",
  key: 8,
  versionMin: 8,
  versionMax: 8,
  write(writer, request) {
    writer.string(request.groupId);
    writeMember(writer, request);
    writeOffsets(writer, request.offsets);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const partitions = readPartitionErrors(reader);
    reader.tags();
    return partitions;
  },
};

/** `generation INT32, member_id STRING, group_instance_id STRING?`. */
export function writeMember(writer: WireWriter, member: GroupMetadata): void {
  writer.int32(member.generation);
  writer.string(member.memberId);
  writer.string(member.groupInstanceId ?? null);
}

/** The topics of an offset commit. */
export function writeOffsets(writer: WireWriter, offsets: readonly GroupOffset[]): void {
  writeByTopic(writer, offsets, ({ offset, leaderEpoch, metadata }) => {
    writer.int64(offset);
    writer.int32(leaderEpoch ?? -1);
    writer.string(metadata ?? "");
  });
}
