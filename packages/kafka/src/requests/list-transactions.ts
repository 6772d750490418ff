// ListTransactions v0
//   request => state_filters [STRING], producer_id_filters [INT64], tags
//   answer  => throttle_ms INT32, error INT16, unknown_filters [STRING], transactions
//              [transactional_id STRING, producer_id INT64, state STRING, tags], tags
import type { KafkaApi } from "./api.ts";

/** The transactional id that a producer has: `state` is Kafka's word, as `Ongoing`. */
export interface ListedTransaction {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly state: string;
}

/** What a coordinator knows of producers. */
export interface ListedTransactions {
  readonly error: number;
  readonly transactions: readonly ListedTransaction[];
}

/** Finds transactional ids of producers; a broker tells of those that it coordinates. */
export const listTransactions: KafkaApi<
  { readonly producerIds: readonly bigint[] },
  ListedTransactions
> = {
  name: "ListTransactions",
  key: 66,
  versionMin: 0,
  versionMax: 0,
  write(writer, { producerIds }) {
    writer.array([], () => undefined);
    writer.array(producerIds, (id) => writer.int64(id));
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const error = reader.int16();
    reader.array(() => reader.string());
    const transactions = reader.array(() => {
      const head = { transactionalId: reader.string(), producerId: reader.int64() };
      const listed = { ...head, state: reader.string() };
      reader.tags();
      return listed;
    });
    reader.tags();
    return { error, transactions };
  },
};
