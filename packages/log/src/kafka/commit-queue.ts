import { yieldToEventLoop } from "@millrace/core";
import {
  BatchBuffers,
  type CommitOutcome,
  type CommitProducer,
  type Compression,
  type EncodedBatch,
  encodeRecords,
  type FailedCommit,
  type GroupOffset,
  type KafkaTopic,
  type PartitionBatch,
  type RecordsToEncode,
  stamp,
  type TransactionOffsets,
} from "@millrace/kafka";

import type { BatchLimits } from "./batch-limits.ts";

/** Records for one partition, in order. */
export interface PartitionRecords {
  readonly topic: KafkaTopic;
  readonly partition: number;
  readonly parts: readonly RecordsToEncode[];
}

/** What one writer commits. */
export interface WriterCommit {
  readonly records: readonly PartitionRecords[];
  readonly offsets: TransactionOffsets | undefined;
  /** Of the batches, in ms since 1970. */
  readonly timestamp: number;
}

/** How a queue commits. */
export interface CommitQueueOptions {
  /** Those that are open already; each does one transaction at a time. */
  readonly producers: readonly CommitProducer[];
  /** Opens one more. */
  open(): Promise<CommitProducer>;
  /** How many transactions may be under way at the same time. */
  readonly atOnce: number;
  /** Whether several writers commit here, so that what waits goes in one transaction. */
  readonly isShared: boolean;
  /** What batches are compressed with, if with anything. */
  readonly compression: Compression | undefined;
  readonly batchLimits: Pick<BatchLimits, "of" | "learn">;
}

/** A commit that waits for its transaction. */
interface Waiting extends WriterCommit {
  readonly settle: (outcome: CommitOutcome) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Commits of writers, in transactions: commits that wait go together, whose ever they are.
 *
 * After a transaction that failed, but for a generation that was over, all that comes later fails
 * in the same way: somebody else may have gone on with what the writers had.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #buffers = new BatchBuffers();
  readonly #free: CommitProducer[];
  #waiting: Waiting[] = [];
  /** Commits that have been asked for. */
  readonly #open = new Set<Promise<CommitOutcome>>();
  /** Transactions under way. */
  #underWay = 0;
  #failure: FailedCommit | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    this.#free = [...options.producers];
  }

  /** Whether a transaction has failed: only a new queue helps. */
  get isOver(): boolean {
    return this.#failure !== undefined;
  }

  /** Commits in the next transaction that begins. */
  async commit(commit: WriterCommit): Promise<CommitOutcome> {
    const outcome = new Promise<CommitOutcome>((settle, fail) => {
      this.#waiting.push({ ...commit, settle, fail });
      this.#begin();
    });
    this.#open.add(outcome);
    try {
      return await outcome;
    } finally {
      this.#open.delete(outcome);
    }
  }

  /** Until all commits that have been asked for have ended, well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#open);
  }

  /** Whether a newer producer of an id has been opened; asks the coordinator, writes nothing. */
  async isFenced(): Promise<boolean> {
    if (this.#failure?.kind === "fenced") return true;
    const answers = await Promise.all(this.#free.map((producer) => producer.isFenced()));
    return answers.includes(true);
  }

  #begin(): void {
    if (this.#underWay >= this.#options.atOnce || this.#waiting.length === 0) return;
    this.#underWay += 1;
    void this.#run().finally(() => {
      this.#underWay -= 1;
      this.#begin();
    });
  }

  /** One transaction of what waits. */
  async #run(): Promise<void> {
    // Those who have become ready at the same moment are in time.
    if (this.#options.isShared) await yieldToEventLoop();
    const commits = this.#take();
    if (commits.length === 0) return;
    try {
      const outcome = this.#failure ?? (await this.#transact(commits));
      for (const { settle } of commits) settle(outcome);
    } catch (error) {
      for (const { fail } of commits) fail(error);
    }
  }

  /** All that may go together: in the name of the same member, in the same generation. */
  #take(): Waiting[] {
    const [first] = this.#waiting;
    if (first === undefined) return [];
    const taken = this.#waiting.filter((each) => isOfSameGroup(first, each));
    this.#waiting = this.#waiting.filter((each) => !taken.includes(each));
    return taken;
  }

  async #transact(commits: readonly WriterCommit[]): Promise<CommitOutcome> {
    // Where this fails nothing has begun, and no producer is taken.
    const topics = commits.flatMap(({ records }) => records.map(({ topic }) => topic));
    await this.#options.batchLimits.learn(topics);
    const producer = this.#free.pop() ?? (await this.#options.open());
    const encoded: EncodedBatch[] = [];
    const batches = this.#encode(producer, commits, encoded);
    const offsets = offsetsOf(commits);
    const areOffsetsLast = this.#options.isShared;
    const outcome = await producer.commit({
      batches,
      areOffsetsLast,
      ...(offsets === undefined ? {} : { offsets }),
    });
    if (outcome.kind === "committed" || outcome.kind === "stale-generation") {
      this.#free.push(producer);
    } else this.#failure = outcome;
    // Memory of compressed batches is the compressor's.
    if (outcome.kind === "committed" && this.#options.compression === undefined) {
      for (const batch of encoded) this.#buffers.giveBack(batch);
    }
    return outcome;
  }

  /** @param encoded gets the batches, for their memory */
  #encode(
    { isTransactional }: CommitProducer,
    commits: readonly WriterCommit[],
    encoded: EncodedBatch[],
  ): PartitionBatch[] {
    const { compression, batchLimits } = this.#options;
    const encoding = {
      timestamp: Math.max(...commits.map((commit) => commit.timestamp)),
      isTransactional,
      producer: "later",
      buffers: this.#buffers,
      ...(compression === undefined ? {} : { compression }),
    } as const;
    return joinedRecords(commits).flatMap(({ topic, partition, parts }) => {
      const batchBytesMax = batchLimits.of(topic);
      const limit = batchBytesMax === undefined ? {} : { batchBytesMax };
      const batches = encodeRecords(parts, { ...encoding, ...limit });
      encoded.push(...batches);
      return batches.map((batch) => ({
        topic: topic.name,
        partition,
        recordCount: batch.recordCount,
        stamp: (producer) => {
          stamp(batch, producer);
          return batch.bytes;
        },
      }));
    });
  }
}

function isOfSameGroup({ offsets: left }: WriterCommit, { offsets: right }: WriterCommit): boolean {
  return (
    left?.group.groupId === right?.group.groupId &&
    left?.group.generation === right?.group.generation &&
    left?.group.memberId === right?.group.memberId
  );
}

/** By partition, in the order in which topics first appear. */
function joinedRecords(commits: readonly WriterCommit[]): readonly PartitionRecords[] {
  const [first, second] = commits;
  if (first !== undefined && second === undefined) return first.records;
  const joined = new Map<
    string,
    { topic: KafkaTopic; partition: number; parts: RecordsToEncode[] }
  >();
  for (const { topic, partition, parts } of commits.flatMap(({ records }) => records)) {
    const name = `${topic.name}/${partition}`;
    const before = joined.get(name);
    if (before === undefined) joined.set(name, { topic, partition, parts: [...parts] });
    else before.parts.push(...parts);
  }
  return [...joined.values()];
}

/** Of each partition the furthest offset: writers that read the same one may be apart. */
function offsetsOf(commits: readonly WriterCommit[]): TransactionOffsets | undefined {
  const group = commits[0]?.offsets?.group;
  if (group === undefined) return undefined;
  const furthest = new Map<string, GroupOffset>();
  for (const each of commits.flatMap(({ offsets }) => offsets?.offsets ?? [])) {
    const name = `${each.topic}/${each.partition}`;
    const before = furthest.get(name);
    if (before === undefined || before.offset < each.offset) furthest.set(name, each);
  }
  return { group, offsets: [...furthest.values()] };
}
