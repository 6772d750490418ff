// AddOffsetsToTxn v3
//   request => transactional_id STRING, producer_id INT64, epoch INT16, group_id STRING, tags
//   answer  => throttle_ms INT32, error INT16, tags
import type { KafkaApi } from "./api.ts";
import type { ProducerIdentity } from "./init-producer-id.ts";

/** A group whose offsets the open transaction is going to move. */
export interface AddOffsetsRequest extends ProducerIdentity {
  readonly transactionalId: string;
  readonly groupId: string;
}

/** Adds a group's offsets to a transaction, as the classic protocol wants it. */
export const addOffsetsToTxn: KafkaApi<AddOffsetsRequest, { readonly error: number }> = {
  name: "AddOffsetsToTxn",
  key: 25,
  versionMin: 3,
  versionMax: 3,
  write(writer, request) {
    writer.string(request.transactionalId);
    writer.int64(request.producerId);
    writer.int16(request.producerEpoch);
    writer.string(request.groupId);
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    const error = reader.int16();
    reader.tags();
    return { error };
  },
};
