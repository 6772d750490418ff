import {
  assert,
  type Clock,
  type GroupMembership,
  type LogWriter,
  millraceError,
  type Offset,
  type RecordRanges,
  topicKind,
} from "@millrace/core";
import {
  BatchBuffers,
  type CommitProducer,
  type Compression,
  type EncodedBatch,
  type EncodeOptions,
  encodeRecords,
  type FailedCommit,
  type KafkaTopic,
  type PartitionBatch,
  type RecordsToEncode,
  stamp,
  type TransactionOffsets,
} from "@millrace/kafka";
import { PendingRecords } from "../pending-records.ts";
import type { CommittedEnds } from "./committed-ends.ts";
import { recordsToWrite } from "./records-to-write.ts";
import { withTraceParent } from "./trace-header.ts";

/** What Kafka and its tools take for none. */
const noOffset = -1n;

/** What a writer needs of its log. */
export interface WriterAccess {
  readonly clock: Clock;
  readonly ends: CommittedEnds;
  /** What batches are compressed with, if with anything. */
  readonly compression: Compression | undefined;
  /** As last seen. @throws LOG_TOPIC_UNKNOWN */
  topic(name: string): KafkaTopic;
  /** Whether writer and membership still hold, where nothing is written that would show it. */
  confirm(): Promise<void>;
}

/**
 * A producer as a writer: what was appended is encoded and sent at the commit, in one
 * transaction, with the offsets that the group has read to.
 */
export class KafkaLogWriter implements LogWriter {
  readonly id: string;
  readonly #producer: CommitProducer;
  readonly #membership: GroupMembership | undefined;
  readonly #access: WriterAccess;
  readonly #pending = new PendingRecords<KafkaTopic>();
  /** Batches of the commit under way: once it is acknowledged, their memory is used again. */
  #encoded: EncodedBatch[] = [];
  readonly #encoding: EncodeOptions & { readonly buffers: BatchBuffers };
  #traceParent: string | undefined;
  readonly #read = new Map<string, { topic: string; partition: number; offset: bigint }>();

  constructor(
    producer: CommitProducer,
    membership: GroupMembership | undefined,
    access: WriterAccess,
  ) {
    this.id = producer.transactionalId;
    this.#producer = producer;
    this.#membership = membership;
    this.#access = access;
    const { compression } = access;
    this.#encoding = {
      timestamp: 0,
      isTransactional: producer.isTransactional,
      producer: "later",
      buffers: new BatchBuffers(),
      ...(compression === undefined ? {} : { compression }),
    };
  }

  get pendingBytes(): number {
    return this.#pending.sizeBytes;
  }

  append(topic: string, partition: number, value: Uint8Array): void {
    this.#pending.append(this.#topic(topic, partition), partition, value);
  }

  appendAll(topic: string, partition: number, values: RecordRanges): void {
    this.#pending.appendAll(this.#topic(topic, partition), partition, values);
  }

  noteRead(topic: string, partition: number, next: Offset): void {
    this.#read.set(`${topic}/${partition}`, { topic, partition, offset: next });
  }

  noteTrace(traceParent: string): void {
    this.#traceParent = traceParent;
  }

  async commit(): Promise<void> {
    if (this.#pending.isEmpty) return this.#access.confirm();
    const batches = this.#encode();
    const offsets = this.#offsets();
    const outcome = await this.#producer.commit(
      offsets === undefined ? { batches } : { batches, offsets },
    );
    if (outcome.kind !== "committed") throw this.#failed(outcome);
    for (const { topic, partition, end } of outcome.ends) {
      this.#access.ends.raise(topic, partition, end);
    }
    // Memory of compressed batches is the compressor's.
    if (this.#encoding.compression === undefined) {
      for (const batch of this.#encoded) this.#encoding.buffers.giveBack(batch);
    }
    this.#clear();
  }

  abort(): void {
    this.#clear();
  }

  async close(): Promise<void> {
    this.#clear();
  }

  #clear(): void {
    this.#encoded = [];
    this.#traceParent = undefined;
    this.#pending.clear();
    this.#read.clear();
  }

  #topic(name: string, partition: number): KafkaTopic {
    const topic = this.#access.topic(name);
    const isOne = partition >= 0 && partition < topic.partitions.length;
    assert(isOne, "a partition's index is below the topic's number of partitions");
    return topic;
  }

  #encode(): PartitionBatch[] {
    const timestamp = this.#access.clock.now();
    const batches: PartitionBatch[] = [];
    for (const { topic, partition, values } of this.#pending.partitions()) {
      const { name, id } = topic;
      const isSame = this.#access.topic(name).id === id;
      if (!isSame) throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
      const parts = values.map((each) => recordsToWrite(each, timestamp));
      for (const batch of encodeRecords(this.#traced(name, parts), {
        ...this.#encoding,
        timestamp,
      })) {
        this.#encoded.push(batch);
        batches.push({
          topic: name,
          partition,
          recordCount: batch.recordCount,
          stamp: (producer) => {
            stamp(batch, producer);
            return batch.bytes;
          },
        });
      }
    }
    return batches;
  }

  /** Also on dead letters; a changelog is read by nobody who could go on from there. */
  #traced(topic: string, parts: readonly RecordsToEncode[]): readonly RecordsToEncode[] {
    const kind = topicKind(topic);
    const isOfRows = kind !== "changelog" && kind !== "control";
    if (this.#traceParent === undefined || !isOfRows) return parts;
    return withTraceParent(parts, this.#traceParent);
  }

  /**
   * What the group has read, so that those who watch it see its lag; and so that Kafka checks the
   * membership in the same transaction. Where nothing was noted, a partition that is written does
   * for that, with no offset: nobody's lag is told by it.
   */
  #offsets(): TransactionOffsets | undefined {
    if (this.#membership === undefined) return undefined;
    const { group, generation, member } = this.#membership;
    const offsets = [...this.#read.values()];
    if (offsets.length === 0) offsets.push(this.#noOffset());
    return { group: { groupId: group, generation, memberId: member }, offsets };
  }

  #noOffset(): { topic: string; partition: number; offset: bigint } {
    const written = [...this.#pending.partitions()];
    const isOwn = (name: string): boolean => name.endsWith(".changelog");
    const place = written.find(({ topic }) => isOwn(topic.name)) ?? written[0];
    assert(place !== undefined, "a commit without records has no offsets");
    const { topic, partition } = place;
    return { topic: topic.name, partition, offset: noOffset };
  }

  #failed({ kind, problem, cause }: FailedCommit): Error {
    const { id: writerId } = this;
    if (kind === "fenced") return millraceError("LOG_WRITER_FENCED", { writerId }, { cause });
    if (kind === "stale-generation") return staleGeneration(this.#membership, cause);
    if (cause.code === "LOG_TOPIC_UNKNOWN") return cause;
    const code = kind === "aborted" ? "LOG_COMMIT_ABORTED" : "LOG_COMMIT_INDEFINITE";
    return millraceError(code, { writerId, problem }, { cause });
  }
}

/** The group has gone on; Kafka does not say how far. */
export function staleGeneration(membership: GroupMembership | undefined, cause?: Error): Error {
  const { group = "", generation = -1 } = membership ?? {};
  return millraceError("LOG_GENERATION_STALE", { group, generation }, { cause });
}
