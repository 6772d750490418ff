import {
  assert,
  type GroupMembership,
  limits,
  millraceError,
  type RecordRanges,
  type TopicInfo,
  type TopicSpec,
} from "@millrace/core";
import type { SimulatedNetwork } from "./simulated-network.ts";
import { SimulatedPartition, type SimulatedTransaction } from "./simulated-partition.ts";

/** A transaction that nobody ends is aborted after this, as it holds its readers back. */
const transactionMaxMs = 10_000;

/** A topic with its partitions; another one when it was deleted and created again. */
export interface SimulatedTopic {
  readonly info: TopicInfo;
  readonly partitions: readonly SimulatedPartition[];
}

/** A record whose transaction has been committed, once it can be read. */
export interface CommittedRecord {
  readonly topic: string;
  /** Tells a topic that was made anew from the one before it. */
  readonly topicId: string;
  readonly partition: number;
  readonly value: Uint8Array;
}

/** Hears of committed records in the order of each partition. */
export type RecordListener = (record: CommittedRecord) => void;

/** A transaction as the cluster knows it. */
interface Transaction extends SimulatedTransaction {
  /** Numbers the commits of a writer: what arrives twice is done once. */
  number: number;
  readonly sinceMs: number;
  /** Partitions that have the records of this number. */
  readonly written: Set<SimulatedPartition>;
  /** Partitions that do not know yet that it has ended. */
  readonly unmarked: Set<SimulatedPartition>;
  /** Settles when all of them do. */
  readonly marked: Promise<void>;
  readonly tellMarked: () => void;
}

/** Who writes under an id. */
interface Producer {
  epoch: number;
  /** The last one of this epoch. */
  transaction: Transaction | undefined;
  /** When what earlier epochs have decided can be read. */
  marked: Promise<void>;
}

/** A writer, as each of its requests names it. */
export interface ProducerPlace {
  readonly id: string;
  readonly epoch: number;
  /** Of the transaction, from 1. */
  readonly number: number;
}

/**
 * What brokers keep: topics, writers with their transactions, generations of groups. It outlives
 * the processes that use it. Every call is one step, as a broker does it when a request arrives.
 */
export class SimulatedCluster {
  readonly #network: SimulatedNetwork;
  readonly #onRecord: RecordListener | undefined;
  readonly #topics = new Map<string, SimulatedTopic>();
  readonly #generations = new Map<string, number>();
  readonly #producers = new Map<string, Producer>();
  /** Topics created so far, which numbers them. */
  #created = 0;

  constructor(network: SimulatedNetwork, onRecord?: RecordListener) {
    this.#network = network;
    this.#onRecord = onRecord;
  }

  get topics(): readonly TopicInfo[] {
    return [...this.#topics.values()].map(({ info }) => info);
  }

  /** @throws LOG_TOPIC_MISMATCH */
  createTopic(spec: TopicSpec): void {
    const { name, partitions: count } = spec;
    assert(
      Number.isInteger(count) && count >= 1 && count <= limits.partitionsMax,
      "a topic's number of partitions is within its bound",
    );
    const actual = this.#topics.get(name)?.info.partitions;
    if (actual === count) return;
    if (actual !== undefined) {
      throw millraceError("LOG_TOPIC_MISMATCH", { topic: name, expected: count, actual });
    }
    this.#created += 1;
    const info: TopicInfo = { ...spec, id: String(this.#created) };
    const partitions = Array.from(
      { length: count },
      (_, index) => new SimulatedPartition(info, index),
    );
    this.#topics.set(name, { info, partitions });
  }

  deleteTopics(names: readonly string[]): void {
    for (const name of names) this.#topics.delete(name);
  }

  /** @throws LOG_TOPIC_UNKNOWN, also where it is another one than was meant */
  topic(name: string, meant?: SimulatedTopic): SimulatedTopic {
    const topic = this.#topics.get(name);
    if (topic !== undefined && (meant === undefined || meant === topic)) return topic;
    throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
  }

  beginGeneration(group: string): GroupMembership {
    const generation = (this.#generations.get(group) ?? 0) + 1;
    this.#generations.set(group, generation);
    return { group, generation, member: "" };
  }

  /** @throws LOG_GENERATION_STALE */
  checkGeneration({ group, generation }: GroupMembership): void {
    const current = this.#generations.get(group) ?? 0;
    if (generation === current) return;
    throw millraceError("LOG_GENERATION_STALE", { group, generation, current });
  }

  /**
   * Begins a new epoch of a writer, which ends those before it with what they have open.
   *
   * @returns the epoch, and when what was decided before can be read
   */
  openProducer(id: string): { readonly epoch: number; readonly marked: Promise<void> } {
    const producer = this.#producers.get(id) ?? noProducer();
    this.#producers.set(id, producer);
    producer.epoch += 1;
    const { transaction, marked } = producer;
    if (transaction?.state === "open") this.#end(transaction, "aborted");
    producer.transaction = undefined;
    producer.marked = Promise.all([marked, transaction?.marked]).then(() => undefined);
    return { epoch: producer.epoch, marked: producer.marked };
  }

  /** @throws LOG_WRITER_FENCED */
  checkProducer({ id, epoch }: ProducerPlace): Producer {
    const producer = this.#producers.get(id);
    if (producer?.epoch === epoch) return producer;
    throw millraceError("LOG_WRITER_FENCED", { writerId: id });
  }

  /**
   * Adds records to a transaction, which begins with the first of them; once per partition. The one
   * before it has to be known everywhere first.
   */
  async produce(
    place: ProducerPlace,
    topic: SimulatedTopic,
    partition: SimulatedPartition,
    values: readonly (Uint8Array | RecordRanges)[],
  ): Promise<void> {
    const before = this.checkProducer(place).transaction;
    if (before !== undefined && before.state !== "open") await before.marked;
    const producer = this.checkProducer(place);
    this.topic(topic.info.name, topic);
    const last = producer.transaction;
    // Too late: the transaction has ended meanwhile.
    if (last?.state !== "open" && place.number <= (last?.number ?? 0)) return;
    const transaction = last?.state === "open" ? last : this.#begin(producer, place);
    if (transaction.number < place.number) {
      // A writer goes on although it was left in doubt: what it had open is part of this.
      transaction.number = place.number;
      transaction.written.clear();
    }
    if (transaction.written.has(partition)) return;
    transaction.written.add(partition);
    transaction.unmarked.add(partition);
    partition.append(transaction, values);
  }

  /**
   * Decides a transaction. Its partitions hear of it afterwards.
   *
   * @throws LOG_WRITER_FENCED, LOG_GENERATION_STALE: it is aborted then
   */
  commit(place: ProducerPlace, membership: GroupMembership): void {
    const { transaction } = this.checkProducer(place);
    assert(transaction !== undefined, "what is committed has begun");
    if (transaction.state === "committed" || transaction.number > place.number) return;
    try {
      this.checkGeneration(membership);
    } catch (error) {
      this.#end(transaction, "aborted");
      throw error;
    }
    this.#end(transaction, "committed");
  }

  abort(place: ProducerPlace): void {
    const { transaction } = this.checkProducer(place);
    const isOpen = transaction?.state === "open" && transaction.number === place.number;
    if (isOpen) this.#end(transaction, "aborted");
  }

  /** Aborts transactions that have been open for too long; their writers are fenced. */
  expire(): void {
    const nowMs = this.#network.clock.monotonicMs();
    for (const producer of this.#producers.values()) {
      const { transaction } = producer;
      if (transaction?.state !== "open" || nowMs - transaction.sinceMs < transactionMaxMs) continue;
      producer.epoch += 1;
      this.#end(transaction, "aborted");
    }
  }

  #begin(producer: Producer, { id, number }: ProducerPlace): Transaction {
    let tellMarked = (): void => undefined;
    const marked = new Promise<void>((resolve) => {
      tellMarked = resolve;
    });
    producer.transaction = {
      writerId: id,
      state: "open",
      number,
      sinceMs: this.#network.clock.monotonicMs(),
      written: new Set(),
      unmarked: new Set(),
      marked,
      tellMarked,
    };
    return producer.transaction;
  }

  #end(transaction: Transaction, state: "committed" | "aborted"): void {
    transaction.state = state;
    this.#network.trace(`${transaction.writerId} ${state} ${transaction.number}`);
    for (const partition of transaction.unmarked) {
      if (this.#network.isInstant) this.#mark(transaction, partition);
      else void this.#markLater(transaction, partition);
    }
  }

  async #markLater(transaction: Transaction, partition: SimulatedPartition): Promise<void> {
    const { topic, index } = partition;
    const fault = this.#network.faultAt({ kind: "marks", name: `marks of ${topic}/${index}` });
    await this.#network.way(fault?.ms ?? 0);
    this.#mark(transaction, partition);
  }

  #mark(transaction: Transaction, partition: SimulatedPartition): void {
    if (!transaction.unmarked.delete(partition)) return;
    partition.mark(transaction);
    if (transaction.state === "committed") this.#tell(transaction, partition);
    if (transaction.unmarked.size === 0) transaction.tellMarked();
  }

  #tell(transaction: Transaction, partition: SimulatedPartition): void {
    if (this.#onRecord === undefined) return;
    const { topic, topicId, index } = partition;
    for (const value of partition.valuesOf(transaction)) {
      this.#onRecord({ topic, topicId, partition: index, value });
    }
  }
}

function noProducer(): Producer {
  return { epoch: 0, transaction: undefined, marked: Promise.resolve() };
}
