import {
  assert,
  type Clock,
  type Group,
  type GroupMembership,
  type GroupOptions,
  limits,
  type Log,
  type LogReader,
  type LogPartition,
  type LogReaderOptions,
  type LogWriter,
  millraceError,
  type Offset,
  systemClock,
  type TopicInfo,
  topicKind,
  type TopicSpec,
  type TopicWarning,
} from "@millrace/core";
import {
  type CommitProducer,
  type Compression,
  type CompressionName,
  createTopic,
  deleteGroup,
  deleteTopicsOf,
  endOpenTransactions,
  KafkaCluster,
  type KafkaOptions,
  type KafkaTopic,
  loadCompression,
  membersOf,
  membershipState,
  newProducerId,
  PlainProducer,
  type ProducerOptions,
  removeMember,
  removeMembers,
  topicConfigs,
  TransactionalProducer,
} from "@millrace/kafka";
import { offsetOutOfRange } from "../offset-out-of-range.ts";
import { BatchLimits } from "./batch-limits.ts";
import { CommitQueue, type CommitQueueOptions } from "./commit-queue.ts";
import { CommittedEnds } from "./committed-ends.ts";
import { Fetcher } from "./fetcher.ts";
import { KafkaGroup } from "./kafka-group.ts";
import { KafkaLogWriter, staleGeneration } from "./kafka-writer.ts";
import { KafkaLogReader } from "./kafka-reader.ts";
import { PartitionFeed } from "./partition-feed.ts";
import { topicSettings } from "./topic-settings.ts";
import { topicWarnings } from "./topic-warnings.ts";
import { Truncations } from "./truncations.ts";

const transactionTimeoutDefaultMs = 10_000;
/** While one transaction is committed, the next one is written. */
const sharedAtOnce = 2;

/** How a log on Kafka is opened: plain data, so that each thread can open it. */
export interface KafkaLogOptions extends KafkaOptions {
  /** Copies of each partition of new topics. Default: the broker's. */
  readonly replication?: number;
  /** A member that is not heard of for so long is given up. Default: 10 s. */
  readonly sessionTimeoutMs?: number;
  /**
   * A name of this process among those that run the pipeline, which it keeps over restarts (static
   * membership): when it comes back within the session it has what it had. Default: none.
   */
  readonly instance?: string;
  /** How record batches are compressed. Default: not. Reading needs no option. */
  readonly compression?: CompressionName;
  /** After it the broker aborts a transaction that nobody ends. Default: 10 s. */
  readonly transactionTimeoutMs?: number;
  /**
   * For comparison: whether commits are no transactions, so that records may be written twice or in
   * part, and nobody is fenced. Default no.
   */
  readonly isAtLeastOnce?: boolean;
}

/**
 * A log on Kafka: a topic is a topic, a writer a transactional producer, a group a consumer group.
 *
 * Offsets have gaps where Kafka keeps the marks of transactions. Readers see committed records
 * only. Truncation is gathered for a second; those who asked for it see it at once.
 */
export class KafkaLog implements Log {
  readonly #cluster: KafkaCluster;
  readonly #options: KafkaLogOptions;
  readonly #compression: Compression | undefined;
  readonly #ends: CommittedEnds;
  readonly #truncations: Truncations;
  readonly #fetcher: Fetcher;
  /** Groups that this log has taken over. */
  readonly #batchLimits: BatchLimits;
  readonly #soleGroups = new Map<string, KafkaGroup>();
  readonly #listeners = new Set<() => void>();
  /** By group, the generation since which topics have been asked for. */
  readonly #seenGenerations = new Map<string, number>();
  /** By group and member, the queue of the writers that commit together. */
  readonly #sharedQueues = new Map<string, CommitQueue>();
  /** By id, the newest of those writers. */
  readonly #sharingWriters = new Map<string, KafkaLogWriter>();
  /** Topics as last seen, by name: writers look them up without waiting. */
  #topics = new Map<string, KafkaTopic>();

  private constructor(
    cluster: KafkaCluster,
    options: KafkaLogOptions,
    compression: Compression | undefined,
  ) {
    this.#compression = compression;
    this.#cluster = cluster;
    this.#options = options;
    this.#ends = new CommittedEnds(cluster);
    this.#batchLimits = new BatchLimits(cluster);
    this.#truncations = new Truncations(cluster);
    this.#fetcher = new Fetcher(cluster, this.#ends, {
      onArrival: () => {
        for (const listener of this.#listeners) listener();
      },
    });
  }

  /** @throws KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION_FAILED, KAFKA_OPTIONS_INVALID */
  static async open(options: KafkaLogOptions, clock: Clock): Promise<KafkaLog> {
    const { compression } = options;
    const loaded = compression === undefined ? undefined : await loadCompression(compression);
    const log = new KafkaLog(await KafkaCluster.connect(options, clock), options, loaded);
    try {
      await log.topics();
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** @throws LOG_TOPIC_MISMATCH */
  async createTopic(spec: TopicSpec): Promise<void> {
    const { name, partitions, kind } = spec;
    assert(
      Number.isInteger(partitions) && partitions >= 1 && partitions <= limits.partitionsMax,
      "a topic's number of partitions is within its bound",
    );
    assert(topicKind(name) === kind, "a topic's name says what it is for");
    const replication = this.#options.replication ?? -1;
    const configs = topicSettings(kind);
    const known = this.#topics.get(name)?.partitions.length;
    if (known === partitions) return;
    const topic = await createTopic(this.#cluster, { name, partitions, replication, configs });
    this.#topics.set(name, topic);
    const actual = topic.partitions.length;
    if (actual === partitions) return;
    throw millraceError("LOG_TOPIC_MISMATCH", { topic: name, expected: partitions, actual });
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    this.#truncations.forget(names);
    await deleteTopicsOf(this.#cluster, names);
    this.#ends.forget(names);
    for (const name of names) this.#topics.delete(name);
  }

  async topics(): Promise<readonly TopicInfo[]> {
    const topics = (await this.#cluster.topics()).filter((topic) => !topic.isInternal);
    this.#topics = new Map(topics.map((topic) => [topic.name, topic]));
    return topics.map(({ name, id, partitions }) => ({
      name,
      id,
      partitions: partitions.length,
      kind: topicKind(name),
    }));
  }

  /** Sends all other members away: their transactions are refused from then on. */
  async joinGroup(group: string): Promise<GroupMembership> {
    await this.#soleGroups.get(group)?.leave();
    for (;;) {
      await removeMembers(this.#cluster, group);
      let memberCount = 0;
      const sole = new KafkaGroup(this.#cluster, this.#options, {
        group,
        about: () => null,
        assign: async (members) => {
          memberCount = members.length;
          return new Map();
        },
      });
      const { membership } = await sole.join();
      if (memberCount === 1) {
        this.#soleGroups.set(group, sole);
        return membership;
      }
      await sole.leave();
    }
  }

  async openGroup(options: GroupOptions): Promise<Group> {
    return new KafkaGroup(this.#cluster, this.#options, options);
  }

  async hasMembers(group: string): Promise<boolean> {
    return (await membersOf(this.#cluster, group)).length > 0;
  }

  removeGroup(group: string): Promise<boolean> {
    return deleteGroup(this.#cluster, group);
  }

  /** @throws LOG_TOPIC_UNKNOWN */
  async topicWarnings(topic: string): Promise<readonly TopicWarning[]> {
    return topicWarnings(topic, await topicConfigs(this.#cluster, topic));
  }

  /**
   * A writer with a home commits in one transaction with others of its member. Such a transaction
   * passes only in the newest generation of the group, and what was let through before is ended
   * here: so it is enough that no other member may still take the writer's task for its own.
   *
   * @throws LOG_GENERATION_STALE
   */
  async openWriter(
    id: string,
    membership: GroupMembership,
    home?: LogPartition,
  ): Promise<LogWriter> {
    await this.#confirmMembership(membership);
    await this.#seeTopicsOf(membership);
    // Without transactions there is nothing to share.
    const isAlone = home === undefined || this.#options.isAtLeastOnce === true;
    if (isAlone) return this.#openWriter(id, membership);
    await this.#sharingWriters.get(id)?.replace();
    await endOpenTransactions(this.#cluster, home, this.#producerOptions);
    const writer = this.#writer(id, this.#sharedQueue(membership), membership);
    this.#sharingWriters.set(id, writer);
    return writer;
  }

  async openAppender(name: string = "millrace.appender"): Promise<LogWriter> {
    return this.#openWriter(await this.#newId(name), undefined);
  }

  removeMember(group: string, member: string): Promise<void> {
    return removeMember(this.#cluster, group, member);
  }

  /** @throws LOG_TOPIC_UNKNOWN */
  async bounds(topic: string, partition: number): Promise<{ start: Offset; end: Offset }> {
    const bounds = await this.#ends.bounds(topic, partition);
    const start = this.#truncations.startOf(topic, partition);
    return bounds.start < start ? { ...bounds, start } : bounds;
  }

  /** @throws LOG_TOPIC_UNKNOWN; `read` of the reader LOG_OFFSET_OUT_OF_RANGE */
  async openReader(
    topic: string,
    partition: number,
    from: Offset,
    { withMeta = false, isTransient = false }: LogReaderOptions = {},
  ): Promise<LogReader> {
    const { topicId } = await this.#cluster.leaderOf(topic, partition);
    const feed: PartitionFeed = new PartitionFeed(
      { topic, topicId, partition, withMeta, isTransient },
      from,
      () => this.#ends.known(topic, partition),
      () => this.#fetcher.resume(feed),
    );
    return new KafkaLogReader(feed, this.#fetcher, () =>
      this.#truncations.startOf(topic, partition),
    );
  }

  /** @throws LOG_TOPIC_UNKNOWN, LOG_OFFSET_OUT_OF_RANGE when `before` is past the end */
  async truncate(topic: string, partition: number, before: Offset): Promise<void> {
    await this.#cluster.leaderOf(topic, partition);
    if (before > this.#ends.known(topic, partition)) {
      const bounds = await this.bounds(topic, partition);
      if (before > bounds.end) throw offsetOutOfRange(topic, partition, before, bounds);
    }
    this.#truncations.add(topic, partition, before);
  }

  onArrival(listener: () => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  async close(): Promise<void> {
    this.#fetcher.close();
    try {
      await this.#truncations.close();
      for (const group of this.#soleGroups.values()) await group.leave();
    } finally {
      await this.#cluster.close();
    }
  }

  /** A writer with a transactional id of its own: opening it ends all older ones. */
  async #openWriter(id: string, membership: GroupMembership | undefined): Promise<LogWriter> {
    const open = (): Promise<CommitProducer> => this.#openProducer(id);
    const queue = this.#queue({ producers: [await open()], open, atOnce: 1, isShared: false });
    return this.#writer(id, queue, membership);
  }

  #sharedQueue({ group, member }: GroupMembership): CommitQueue {
    const name = `${group}.${member}`;
    const known = this.#sharedQueues.get(name);
    if (known?.isOver === false) return known;
    const open = async (): Promise<CommitProducer> => this.#openProducer(await this.#newId(name));
    const queue = this.#queue({ producers: [], open, atOnce: sharedAtOnce, isShared: true });
    this.#sharedQueues.set(name, queue);
    return queue;
  }

  #queue(options: Omit<CommitQueueOptions, "compression" | "batchLimits">): CommitQueue {
    const batchLimits = this.#batchLimits;
    return new CommitQueue({ ...options, compression: this.#compression, batchLimits });
  }

  #writer(id: string, queue: CommitQueue, membership: GroupMembership | undefined): KafkaLogWriter {
    return new KafkaLogWriter(id, queue, membership, {
      clock: this.#cluster.clock,
      ends: this.#ends,
      topic: (name) => this.#topic(name),
      confirm: (member) => this.#confirmMembership(member),
    });
  }

  async #openProducer(transactionalId: string): Promise<CommitProducer> {
    return this.#options.isAtLeastOnce === true
      ? new PlainProducer(this.#cluster, transactionalId)
      : TransactionalProducer.open(this.#cluster, transactionalId, this.#producerOptions);
  }

  get #producerOptions(): ProducerOptions {
    const { transactionTimeoutMs = transactionTimeoutDefaultMs } = this.#options;
    return { transactionTimeoutMs };
  }

  /** A transactional id that nobody else has: the cluster numbers producers. */
  async #newId(name: string): Promise<string> {
    const { producerId } = await newProducerId(this.#cluster);
    return `${name}.${producerId}`;
  }

  /** Before a generation begins, its leader, in whatever process, may have made topics. */
  async #seeTopicsOf({ group, generation }: GroupMembership): Promise<void> {
    if (this.#seenGenerations.get(group) === generation) return;
    await this.topics();
    this.#seenGenerations.set(group, generation);
  }

  #topic(name: string): KafkaTopic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
    return topic;
  }

  /** @throws LOG_GENERATION_STALE */
  async #confirmMembership(membership: GroupMembership): Promise<void> {
    const { group, generation, member } = membership;
    const state = await membershipState(this.#cluster, {
      groupId: group,
      generation,
      memberId: member,
    });
    if (state === "stale") throw staleGeneration(membership);
  }
}

/** Opens the log that a Kafka cluster holds. Give the object to all in the thread who share it. */
export function openKafkaLog(
  options: KafkaLogOptions,
  clock: Clock = systemClock,
): Promise<KafkaLog> {
  return KafkaLog.open(options, clock);
}
