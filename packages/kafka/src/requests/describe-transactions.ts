// DescribeTransactions v0
//   request => transactional_ids [STRING], tags
//   answer  => throttle_ms INT32, states [error INT16, transactional_id STRING, state STRING,
//              timeout_ms INT32, start_ms INT64, producer_id INT64, producer_epoch INT16, topics
//              [topic STRING, partitions [INT32], tags], tags], tags
import type { KafkaApi } from "./api.ts";
import type { ProducerIdentity } from "./init-producer-id.ts";

/** The producer that a transactional id has now: `state` is Kafka's word, as `Ongoing`. */
export interface DescribedTransaction extends ProducerIdentity {
  readonly error: number;
  readonly transactionalId: string;
  readonly state: string;
}

/** Shows transactional ids; asked of their coordinator. */
export const describeTransactions: KafkaApi<
  { readonly transactionalId: string },
  readonly DescribedTransaction[]
> = {
  name: "DescribeTransactions",
  key: 65,
  versionMin: 0,
  versionMax: 0,
  write(writer, { transactionalId }) {
    writer.array([transactionalId], (id) => writer.string(id));
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const states = reader.array(() => {
      const head = { error: reader.int16(), transactionalId: reader.string() };
      const state = reader.string();
      reader.int32();
      reader.int64();
      const identity = { producerId: reader.int64(), producerEpoch: reader.int16() };
      reader.array(() => {
        reader.string();
        reader.array(() => reader.int32());
        reader.tags();
      });
      reader.tags();
      return { ...head, state, ...identity };
    });
    reader.tags();
    return states;
  },
};
