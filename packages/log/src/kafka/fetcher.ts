import { type Clock, millraceError } from "@millrace/core";
import {
  decodeRecords,
  type FetchedPartition,
  fetchRecords,
  isConnectionError,
  isRetriable,
  kafkaError,
  type KafkaCluster,
  type KafkaLane,
  loadCompressionsOf,
  type PartitionLeader,
  refusedByKafka,
} from "@millrace/kafka";
import { offsetOutOfRange } from "../offset-out-of-range.ts";
import { AnswerLease } from "./answer-lease.ts";
import type { CommittedEnds } from "./committed-ends.ts";
import type { PartitionFeed } from "./partition-feed.ts";

/** How long a broker waits for records before it answers that there are none. */
const waitMs = 200;
/** The same while a partition is left out, since what waits of it is enough for now. */
const shortWaitMs = 10;
/** Several of the largest batches: what is cut at the end is fetched again. */
const partitionBytesMax = 4 * 1024 * 1024;
const fetchBytesMax = 16 * 1024 * 1024;
/** Pause after an answer that said to try again. */
const retryMs = 50;
/** How long a partition may be out of reach before its reader is told. */
const outOfReachMaxMs = 120_000;

/** What a fetcher is made with. */
export interface FetcherOptions {
  /** Called when a reader that had nothing may have something. */
  readonly onArrival: () => void;
}

/**
 * Fetches all partitions that are read, with one request at a time to each broker that leads some:
 * it waits there until one of them has something.
 */
export class Fetcher {
  readonly #cluster: KafkaCluster;
  readonly #ends: CommittedEnds;
  readonly #clock: Clock;
  readonly #options: FetcherOptions;
  readonly #feeds = new Set<PartitionFeed>();
  /** Brokers with a request under way. */
  readonly #busy = new Set<number>();
  readonly #outOfReachSince = new Map<PartitionFeed, number>();
  #isClosed = false;

  constructor(cluster: KafkaCluster, ends: CommittedEnds, options: FetcherOptions) {
    this.#cluster = cluster;
    this.#ends = ends;
    this.#clock = cluster.clock;
    this.#options = options;
  }

  /**
   * Adds a feed, and fetches it at once: a request under way, which does not ask for it, would keep
   * it waiting.
   */
  async add(feed: PartitionFeed): Promise<void> {
    const leader = await this.#cluster.leaderOf(feed.topic, feed.partition);
    await this.#fetch(leader, [feed], 0, "control");
    this.#feeds.add(feed);
    this.#start(leader);
  }

  remove(feed: PartitionFeed): void {
    this.#feeds.delete(feed);
    this.#outOfReachSince.delete(feed);
  }

  /** Takes up the requests to a feed's broker again. */
  resume(feed: PartitionFeed): void {
    void this.#restart(feed);
  }

  close(): void {
    this.#isClosed = true;
    this.#feeds.clear();
  }

  async #restart(feed: PartitionFeed): Promise<void> {
    try {
      this.#start(await this.#cluster.leaderOf(feed.topic, feed.partition));
    } catch (error) {
      this.#fail(feed, error);
    }
  }

  #start(leader: PartitionLeader): void {
    if (this.#busy.has(leader.nodeId)) return;
    this.#busy.add(leader.nodeId);
    void this.#run(leader).finally(() => this.#busy.delete(leader.nodeId));
  }

  /** Until the broker leads no partition that wants more. */
  async #run(leader: PartitionLeader): Promise<void> {
    while (!this.#isClosed) {
      const feeds = await this.#feedsOf(leader.nodeId);
      if (feeds.length === 0) return;
      const isLeftOut = [...this.#feeds].some((feed) => !feed.wantsMore);
      const rounds = withoutTwins(feeds);
      const isShort = isLeftOut || rounds.length > 1;
      for (const round of rounds) {
        try {
          await this.#fetch(leader, round, isShort ? shortWaitMs : waitMs, "fetch");
        } catch (error) {
          for (const feed of round) this.#fail(feed, error);
        }
      }
    }
  }

  async #feedsOf(nodeId: number): Promise<PartitionFeed[]> {
    const feeds: PartitionFeed[] = [];
    for (const feed of this.#feeds) {
      if (!feed.wantsMore) continue;
      const leader = await this.#leaderOf(feed);
      if (leader?.nodeId === nodeId) feeds.push(feed);
      else if (leader !== undefined) this.#start(leader);
    }
    return feeds;
  }

  async #leaderOf(feed: PartitionFeed): Promise<PartitionLeader | undefined> {
    const { topic, topicId, partition } = feed;
    try {
      const leader = await this.#cluster.leaderOf(topic, partition);
      if (leader.topicId === topicId) return leader;
      // It was deleted and made anew: the reader's is no more.
      throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
    } catch (error) {
      this.#fail(feed, error);
      return undefined;
    }
  }

  async #fetch(
    leader: PartitionLeader,
    feeds: readonly PartitionFeed[],
    waitMsMax: number,
    lane: KafkaLane,
  ): Promise<void> {
    const partitions = await Promise.all(feeds.map((feed) => this.#request(feed)));
    try {
      const request = {
        isolation: "read-committed",
        waitMs: waitMsMax,
        bytesMin: 1,
        bytesMax: fetchBytesMax,
        partitions: partitions.filter((partition) => partition !== undefined),
      } as const;
      const answer = await fetchRecords(this.#cluster, leader, request, lane);
      if (answer.error !== 0) return await this.#lookAgain(feeds, kafkaError(answer.error).name);
      await this.#takeAll(feeds, answer.partitions);
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      await this.#lookAgain(feeds, error.code);
    }
  }

  async #request(feed: PartitionFeed) {
    const leader = await this.#leaderOf(feed);
    if (leader === undefined) return undefined;
    const { topic, topicId, partition, fetchOffset } = feed;
    const { leaderEpoch } = leader;
    return {
      topic,
      topicId,
      partition,
      offset: fetchOffset,
      leaderEpoch,
      bytesMax: partitionBytesMax,
    };
  }

  async #takeAll(
    feeds: readonly PartitionFeed[],
    answers: readonly FetchedPartition[],
  ): Promise<void> {
    const moved: PartitionFeed[] = [];
    let hasCome = false;
    let error = 0;
    const withRecords = answers.filter(({ records }) => records.length > 0);
    const [first] = withRecords;
    const lease = new AnswerLease(withRecords.length, () => {
      if (first !== undefined) this.#cluster.giveBack(first.records);
    });
    for (const answer of answers) {
      const feed = feeds.find(
        (candidate) => candidate.partition === answer.partition && candidate.topic === answer.topic,
      );
      if (feed === undefined) continue;
      if (answer.error === 0) {
        this.#outOfReachSince.delete(feed);
        hasCome = (await this.#take(feed, answer, lease)) || hasCome;
      } else if (isRetriable(kafkaError(answer.error))) {
        moved.push(feed);
        error = answer.error;
      } else await this.#refuse(feed, answer);
    }
    lease.release();
    if (hasCome) this.#options.onArrival();
    if (moved.length > 0) await this.#lookAgain(moved, kafkaError(error).name);
  }

  /** @returns as `PartitionFeed.take` */
  async #take(feed: PartitionFeed, answer: FetchedPartition, lease: AnswerLease): Promise<boolean> {
    const { topic, partition } = feed;
    const { lastStableOffset } = answer;
    try {
      // Who may keep records would keep those of others in memory with them.
      const isKept = !feed.isTransient;
      const bytes = isKept && lease.isShared ? answer.records.slice() : answer.records;
      const loading = loadCompressionsOf(bytes);
      if (loading !== undefined) await loading;
      const decoded = decodeRecords({
        topic,
        partition,
        bytes,
        from: feed.fetchOffset,
        committed: { lastStableOffset, abortedTransactions: answer.aborted },
        withMeta: feed.withMeta,
      });
      const { count, buffer } = decoded.records;
      const isView = count > 0 && buffer.buffer === answer.records.buffer;
      const release = isView ? lease.hold() : undefined;
      // Who keeps records never lets go: the memory is then the collector's.
      return feed.take(decoded, lastStableOffset, isKept ? undefined : release);
    } catch (error) {
      this.#fail(feed, error);
      return false;
    }
  }

  /** After an error that will not go away by itself. */
  async #refuse(feed: PartitionFeed, { error }: FetchedPartition): Promise<void> {
    const { name } = kafkaError(error);
    const { topic, partition, fetchOffset } = feed;
    if (name === "OFFSET_OUT_OF_RANGE") {
      const bounds = await this.#ends.bounds(topic, partition);
      this.#fail(feed, offsetOutOfRange(topic, partition, fetchOffset, bounds));
    } else if (/UNKNOWN_TOPIC|INCONSISTENT_TOPIC/.test(name)) {
      this.#fail(feed, millraceError("LOG_TOPIC_UNKNOWN", { topic }));
    } else {
      const said = `${kafkaError(error).text} (${topic}[${partition}])`;
      this.#fail(feed, refusedByKafka("Fetch", kafkaError(error), said));
    }
  }

  /** Asks for the leaders anew, and gives up partitions that have been out of reach for long. */
  async #lookAgain(feeds: readonly PartitionFeed[], problem: string): Promise<void> {
    const now = this.#clock.monotonicMs();
    for (const feed of feeds) {
      const since = this.#outOfReachSince.get(feed) ?? now;
      this.#outOfReachSince.set(feed, since);
      if (now - since < outOfReachMaxMs) continue;
      const waitedMs = Math.round(now - since);
      this.#fail(
        feed,
        millraceError("KAFKA_NOT_READY", { request: "Fetch", error: problem, waitedMs }),
      );
    }
    await this.#clock.sleep(retryMs);
    try {
      await this.#cluster.refresh();
    } catch (error) {
      if (!isConnectionError(error)) throw error;
    }
  }

  #fail(feed: PartitionFeed, error: unknown): void {
    this.remove(feed);
    feed.fail(error instanceof Error ? error : new Error(String(error)));
  }
}

/** A request asks for a partition once: feeds of the same one take turns. */
function withoutTwins(feeds: readonly PartitionFeed[]): PartitionFeed[][] {
  const rounds: PartitionFeed[][] = [];
  for (const feed of feeds) {
    const isTwin = ({ topic, partition }: PartitionFeed): boolean =>
      topic === feed.topic && partition === feed.partition;
    const round = rounds.find((each) => !each.some(isTwin));
    if (round === undefined) rounds.push([feed]);
    else round.push(feed);
  }
  return rounds;
}
