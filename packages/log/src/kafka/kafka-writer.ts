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
import type {
  FailedCommit,
  GroupOffset,
  KafkaTopic,
  RecordsToEncode,
  TransactionOffsets,
} from "@millrace/kafka";
import { PendingRecords } from "../pending-records.ts";
import type { CommitQueue, PartitionRecords } from "./commit-queue.ts";
import type { CommittedEnds } from "./committed-ends.ts";
import { recordsToWrite } from "./records-to-write.ts";
import { withTraceParent } from "./trace-header.ts";

/** What Kafka and its tools take for none. */
const noOffset = -1n;

/** What another attempt would meet again. */
const lasting: ReadonlySet<string> = new Set(["KAFKA_NOT_AUTHORIZED", "KAFKA_RECORD_TOO_LARGE"]);

/** What a writer needs of its log. */
export interface WriterAccess {
  readonly clock: Clock;
  readonly ends: CommittedEnds;
  /** As last seen. @throws LOG_TOPIC_UNKNOWN */
  topic(name: string): KafkaTopic;
  /** @throws LOG_GENERATION_STALE where the membership does not hold any more */
  confirm(membership: GroupMembership): Promise<void>;
}

/**
 * Writes what was appended at the commit, in one transaction, with the offsets that the group has
 * read to.
 */
export class KafkaLogWriter implements LogWriter {
  readonly id: string;
  readonly #queue: CommitQueue;
  readonly #membership: GroupMembership | undefined;
  readonly #access: WriterAccess;
  readonly #pending = new PendingRecords<KafkaTopic>();
  /** Whether a newer writer of the id has been opened in the same log. */
  #isReplaced = false;
  #traceParent: string | undefined;
  readonly #read = new Map<string, GroupOffset>();

  constructor(
    id: string,
    queue: CommitQueue,
    membership: GroupMembership | undefined,
    access: WriterAccess,
  ) {
    this.id = id;
    this.#queue = queue;
    this.#membership = membership;
    this.#access = access;
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
    if (this.#isReplaced) throw this.#fenced();
    if (this.#pending.isEmpty) return this.#confirm();
    const timestamp = this.#access.clock.now();
    const records = this.#records(timestamp);
    const outcome = await this.#queue.commit({ records, offsets: this.#offsets(), timestamp });
    if (outcome.kind !== "committed") throw this.#failed(outcome);
    for (const { topic, partition, end } of outcome.ends) {
      this.#access.ends.raise(topic, partition, end);
    }
    this.#clear();
  }

  /** Ends it: a newer writer of its id is opened in the same log. */
  async replace(): Promise<void> {
    this.#isReplaced = true;
    await this.#queue.settled();
  }

  abort(): void {
    this.#clear();
  }

  async close(): Promise<void> {
    this.#clear();
  }

  /** Where nothing is written that would show whether writer and membership hold. */
  async #confirm(): Promise<void> {
    if (await this.#queue.isFenced()) throw this.#fenced();
    if (this.#membership !== undefined) await this.#access.confirm(this.#membership);
  }

  #clear(): void {
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

  #records(timestamp: number): PartitionRecords[] {
    return [...this.#pending.partitions()].map(({ topic, partition, values }) => {
      const { name, id } = topic;
      const isSame = this.#access.topic(name).id === id;
      if (!isSame) throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
      const parts = values.map((each) => recordsToWrite(each, timestamp));
      return { topic, partition, parts: this.#traced(name, parts) };
    });
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

  #noOffset(): GroupOffset {
    const written = [...this.#pending.partitions()];
    const isOwn = (name: string): boolean => name.endsWith(".changelog");
    const place = written.find(({ topic }) => isOwn(topic.name)) ?? written[0];
    assert(place !== undefined, "a commit without records has no offsets");
    const { topic, partition } = place;
    return { topic: topic.name, partition, offset: noOffset };
  }

  #failed({ kind, problem, cause }: FailedCommit): Error {
    const { id: writerId } = this;
    if (kind === "fenced") return this.#fenced(cause);
    if (kind === "stale-generation") return staleGeneration(this.#membership, cause);
    if (cause.code === "LOG_TOPIC_UNKNOWN") return cause;
    if (kind === "aborted" && lasting.has(cause.code)) return cause;
    const code = kind === "aborted" ? "LOG_COMMIT_ABORTED" : "LOG_COMMIT_INDEFINITE";
    return millraceError(code, { writerId, problem }, { cause });
  }

  #fenced(cause?: Error): Error {
    return millraceError("LOG_WRITER_FENCED", { writerId: this.id }, { cause });
  }
}

/** The group has gone on; Kafka does not say how far. */
export function staleGeneration(membership: GroupMembership | undefined, cause?: Error): Error {
  const { group = "", generation = -1 } = membership ?? {};
  return millraceError("LOG_GENERATION_STALE", { group, generation }, { cause });
}
