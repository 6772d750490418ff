// EndTxn v3, v5
//   request => transactional_id STRING, producer_id INT64, epoch INT16, committed BOOL, tags
//   answer  => throttle_ms INT32, error INT16, (v5: producer_id INT64, epoch INT16,) tags
// v5 gives the identity for the next transaction (KIP-890).
import type { KafkaApi } from "./api.ts";
import type { ProducerIdentity } from "./init-producer-id.ts";

/** Ends the open transaction. */
export interface EndTxnRequest extends ProducerIdentity {
  readonly transactionalId: string;
  readonly isCommit: boolean;
}

/** How it ended; `next` is the identity to go on with, where the version gives one. */
export interface EndTxnAnswer {
  readonly error: number;
  readonly next?: ProducerIdentity;
}

/** Commits or aborts a transaction; asked of its coordinator. */
export const endTxn: KafkaApi<EndTxnRequest, EndTxnAnswer> = {
  name: "EndTxn",
  key: 26,
  versionMin: 3,
  versionMax: 5,
  write(writer, request) {
    writer.string(request.transactionalId);
    writer.int64(request.producerId);
    writer.int16(request.producerEpoch);
    writer.boolean(request.isCommit);
    writer.noTags();
  },
  read(reader, version) {
    reader.int32();
    const error = reader.int16();
    if (version < 5) {
      reader.tags();
      return { error };
    }
    const next = { producerId: reader.int64(), producerEpoch: reader.int16() };
    reader.tags();
    return { error, next };
  },
};
