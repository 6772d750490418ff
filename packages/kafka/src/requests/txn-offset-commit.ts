// TxnOffsetCommit v3, v5
//   request => transactional_id STRING, group_id STRING, producer_id INT64, epoch INT16, generation
//              INT32, member_id STRING, group_instance_id STRING?, topics [name STRING, partitions
//              [partition INT32, offset INT64, leader_epoch INT32, metadata STRING?, tags], tags],
//              tags
//   answer  => throttle_ms INT32, topics [name STRING, partitions [partition INT32, error INT16,
//              tags], tags], tags
// v5 adds the group to the transaction by itself (KIP-890).
import type { KafkaApi } from "./api.ts";
import { type PartitionError, readPartitionErrors } from "./by-topic.ts";
import type { ProducerIdentity } from "./init-producer-id.ts";
import { type OffsetCommitRequest, writeMember, writeOffsets } from "./offset-commit.ts";

/** A group's new offsets, which hold when the transaction commits. */
export interface TxnOffsetCommitRequest extends ProducerIdentity, OffsetCommitRequest {
  readonly transactionalId: string;
}

/** Moves a group's offsets within a transaction; asked of the group's coordinator. */
export const txnOffsetCommit: KafkaApi<TxnOffsetCommitRequest, readonly PartitionError[]> = {
  name: "TxnOffsetCommit",
  key: 28,
  versionMin: 3,
  versionMax: 5,
  write(writer, request) {
    writer.string(request.transactionalId);
    writer.string(request.groupId);
    writer.int64(request.producerId);
    writer.int16(request.producerEpoch);
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
