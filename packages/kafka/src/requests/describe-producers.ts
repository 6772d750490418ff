// DescribeProducers v0
//   request => topics [name STRING, partitions [INT32], tags], tags
//   answer  => throttle_ms INT32, topics [name STRING, partitions [partition INT32, error INT16,
//              message STRING?, producers [producer_id INT64, producer_epoch INT32, last_sequence
//              INT32, last_timestamp INT64, coordinator_epoch INT32, transaction_start INT64,
//              tags], tags], tags], tags
import type { KafkaApi } from "./api.ts";
import { groupByTopic, readByTopic, type TopicPartition } from "./by-topic.ts";

/** A producer that has written to a partition of late. */
interface ActiveProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Of its last mark; −1: it has none. */
  readonly coordinatorEpoch: number;
  /** Where its open transaction begins in the partition; −1: it has none open. */
  readonly transactionStart: bigint;
}

/** The producers of a partition. */
export interface DescribedProducers extends TopicPartition {
  readonly error: number;
  readonly producers: readonly ActiveProducer[];
}

/** Shows who writes to partitions; asked of their leaders. */
export const describeProducers: KafkaApi<
  { readonly partitions: readonly TopicPartition[] },
  readonly DescribedProducers[]
> = {
  name: "DescribeProducers",
  key: 61,
  versionMin: 0,
  versionMax: 0,
  write(writer, { partitions }) {
    writer.array([...groupByTopic(partitions)], ([topic, ofTopic]) => {
      writer.string(topic);
      writer.array(ofTopic, ({ partition }) => writer.int32(partition));
      writer.noTags();
    });
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const partitions = readByTopic(reader, (place) => {
      const error = reader.int16();
      reader.nullableString();
      const producers = reader.array(() => {
        const identity = { producerId: reader.int64(), producerEpoch: reader.int32() };
        reader.int32();
        reader.int64();
        const coordinatorEpoch = reader.int32();
        const producer = { ...identity, coordinatorEpoch, transactionStart: reader.int64() };
        reader.tags();
        return producer;
      });
      return { ...place, error, producers };
    });
    reader.tags();
    return partitions;
  },
};
