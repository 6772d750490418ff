// InitProducerId v4, v5
//   request => transactional_id STRING?, timeout_ms INT32, producer_id INT64, epoch INT16, tags
//   answer  => throttle_ms INT32, error INT16, producer_id INT64, epoch INT16, tags
// v4 may answer PRODUCER_FENCED, v5 TRANSACTION_ABORTABLE.
import type { KafkaApi } from "./api.ts";

/** A producer's identity: its epoch grows with each opening, and older ones are refused. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** Opens the producer of a transactional id anew. */
export interface InitProducerIdRequest {
  /** Null for a producer without transactions, which gets an id that nobody has. */
  readonly transactionalId: string | null;
  /** A transaction that is open for longer is aborted by its coordinator. */
  readonly transactionTimeoutMs: number;
}

/** The new identity, with error 0. */
export interface InitProducerIdAnswer extends ProducerIdentity {
  readonly error: number;
}

/**
 * Gives a producer its identity and fences older ones; asked of the transaction's coordinator,
 * or of any broker where there is no transaction.
 */
export const initProducerId: KafkaApi<InitProducerIdRequest, InitProducerIdAnswer> = {
  name: "InitProducerId",
  key: 22,
  versionMin: 4,
  versionMax: 5,
  write(writer, { transactionalId, transactionTimeoutMs }) {
    writer.string(transactionalId);
    writer.int32(transactionTimeoutMs);
    writer.int64(-1n);
    writer.int16(-1);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const error = reader.int16();
    const answer = { error, producerId: reader.int64(), producerEpoch: reader.int16() };
    reader.tags();
    return answer;
  },
};
