// WriteTxnMarkers v1
//   request => markers [producer_id INT64, producer_epoch INT16, is_commit BOOL, topics [name
//              STRING, partitions [INT32], tags], coordinator_epoch INT32, tags], tags
//   answer  => markers [producer_id INT64, topics [name STRING, partitions [partition INT32, error
//              INT16, tags], tags], tags], tags
import type { KafkaApi } from "./api.ts";
import {
  groupByTopic,
  type PartitionError,
  readPartitionErrors,
  type TopicPartition,
} from "./by-topic.ts";
import type { ProducerIdentity } from "./init-producer-id.ts";

/** A mark that ends a producer's transaction in partitions that have the same leader. */
export interface WriteTxnMarkersRequest extends ProducerIdentity {
  readonly isCommit: boolean;
  readonly partitions: readonly TopicPartition[];
  readonly coordinatorEpoch: number;
}

/** Writes a mark as a coordinator does; asked of the leaders of the partitions. */
export const writeTxnMarkers: KafkaApi<WriteTxnMarkersRequest, readonly PartitionError[]> = {
  name: "WriteTxnMarkers",
  key: 27,
  versionMin: 1,
  versionMax: 1,
  write(writer, mark) {
    writer.array([mark], ({ producerId, producerEpoch, isCommit, partitions }) => {
      writer.int64(producerId);
      writer.int16(producerEpoch);
      writer.boolean(isCommit);
      writer.array([...groupByTopic(partitions)], ([topic, ofTopic]) => {
        writer.string(topic);
        writer.array(ofTopic, ({ partition }) => writer.int32(partition));
        writer.noTags();
      });
      writer.int32(mark.coordinatorEpoch);
      writer.noTags();
    });
    writer.noTags();
  },
  read(reader) {
    const marks = reader.array(() => {
      reader.int64();
      const partitions = readPartitionErrors(reader);
      reader.tags();
      return partitions;
    });
    reader.tags();
    return marks.flat();
  },
};
