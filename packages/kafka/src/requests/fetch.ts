// Fetch v12, v13
//   request => replica INT32 (−1), wait_ms INT32, bytes_min INT32, bytes_max INT32, isolation INT8,
//              session_id INT32, session_epoch INT32, topics [(v12: name STRING | v13: topic_id
//              UUID), partitions [partition INT32, leader_epoch INT32, offset INT64, last_epoch
//              INT32, log_start INT64, bytes_max INT32, tags], tags], forgotten [(name | topic_id),
//              partitions [INT32], tags], rack STRING, tags
//   answer  => throttle_ms INT32, error INT16, session_id INT32, topics [(name | topic_id),
//              partitions [partition INT32, error INT16, high_watermark INT64, last_stable INT64,
//              log_start INT64, aborted [producer_id INT64, first_offset INT64, tags]?, preferred
//              INT32, records RECORDS?, tags], tags], tags
// Session id 0 with epoch −1: no fetch session.
import type { WireReader } from "../wire/reader.ts";
import type { KafkaApi } from "./api.ts";
import { readByTopic, type TopicPartition, writeByTopic } from "./by-topic.ts";
import { type Isolation, isolationByte } from "./list-offsets.ts";

/** A partition to read from an offset on. */
export interface FetchPartition extends TopicPartition {
  /** v13 asks by id, so that a topic that was made anew is not taken for the old one. */
  readonly topicId: string;
  readonly offset: bigint;
  /** Epoch of the leader as we know it, so that an older or newer one refuses; −1: unknown. */
  readonly leaderEpoch: number;
  readonly bytesMax: number;
}

/** A read of partitions that have the same leader. */
export interface FetchRequest {
  readonly isolation: Isolation;
  /** How long to wait for `bytesMin`. */
  readonly waitMs: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
  readonly partitions: readonly FetchPartition[];
}

/** A transaction that was aborted: its records from an offset on do not count. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** What was read of a partition. In v13 `topic` is its id. */
export interface FetchedPartition extends TopicPartition {
  readonly error: number;
  readonly highWatermark: bigint;
  /** Transactions before it are decided; read-committed readers get no further. */
  readonly lastStableOffset: bigint;
  readonly logStartOffset: bigint;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, the last of which may be cut: a view of the answer. */
  readonly records: Uint8Array;
}

/** All that was read, with an error for the whole. */
export interface FetchAnswer {
  readonly error: number;
  readonly partitions: readonly FetchedPartition[];
}

const none = new Uint8Array(0);

/** Reads record batches; asked of the leaders of the partitions. */
export const fetch: KafkaApi<FetchRequest, FetchAnswer> = {
  name: "Fetch",
  key: 1,
  versionMin: 12,
  versionMax: 13,
  write(writer, request, version) {
    writer.int32(-1);
    writer.int32(request.waitMs);
    writer.int32(request.bytesMin);
    writer.int32(request.bytesMax);
    writer.int8(isolationByte(request.isolation));
    writer.int32(0);
    writer.int32(-1);
    const ids = new Map(request.partitions.map(({ topic, topicId }) => [topic, topicId]));
    writeByTopic(
      writer,
      request.partitions,
      ({ leaderEpoch, offset, bytesMax }) => {
        writer.int32(leaderEpoch);
        writer.int64(offset);
        writer.int32(-1);
        writer.int64(-1n);
        writer.int32(bytesMax);
      },
      (topic) => (version < 13 ? writer.string(topic) : writer.uuid(ids.get(topic) ?? topic)),
    );
    writer.array([], () => undefined);
    writer.string("");
    writer.noTags();
  },
  read(reader, version) {
    reader.int32();
    const error = reader.int16();
    reader.int32();
    const partitions = readByTopic(
      reader,
      (place) => readPartition(reader, place),
      () => (version < 13 ? reader.string() : reader.uuid()),
    );
    reader.tags();
    return { error, partitions };
  },
};

function readPartition(reader: WireReader, place: TopicPartition): FetchedPartition {
  const error = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const aborted = reader.array(() => {
    const transaction = { producerId: reader.int64(), firstOffset: reader.int64() };
    reader.tags();
    return transaction;
  });
  reader.int32();
  const records = reader.nullableBytes() ?? none;
  const offsets = { highWatermark, lastStableOffset, logStartOffset };
  return { ...place, error, ...offsets, aborted, records };
}
