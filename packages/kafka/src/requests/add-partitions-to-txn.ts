// AddPartitionsToTxn v3
//   request => transactional_id STRING, producer_id INT64, epoch INT16, topics [name STRING,
//              partitions [INT32], tags], tags
//   answer  => throttle_ms INT32, topics [name STRING, partitions [partition INT32, error INT16,
//              tags], tags], tags
import type { KafkaApi } from "./api.ts";
import {
  groupByTopic,
  type PartitionError,
  readPartitionErrors,
  type TopicPartition,
} from "./by-topic.ts";
import type { ProducerIdentity } from "./init-producer-id.ts";

/** Partitions that the open transaction is going to write to. */
export interface AddPartitionsRequest extends ProducerIdentity {
  readonly transactionalId: string;
  readonly partitions: readonly TopicPartition[];
}

/** Adds partitions to a transaction, as the classic protocol wants it before Produce. */
export const addPartitionsToTxn: KafkaApi<AddPartitionsRequest, readonly PartitionError[]> = {
  name: "AddPartitionsToTxn",
  key: 24,
  versionMin: 3,
  versionMax: 3,
  write(writer, request) {
    writer.string(request.transactionalId);
    writer.int64(request.producerId);
    writer.int16(request.producerEpoch);
    writer.array([...groupByTopic(request.partitions)], ([topic, partitions]) => {
      writer.string(topic);
      writer.array(partitions, ({ partition }) => writer.int32(partition));
      writer.noTags();
    });
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const partitions = readPartitionErrors(reader);
    reader.tags();
    return partitions;
  },
};
