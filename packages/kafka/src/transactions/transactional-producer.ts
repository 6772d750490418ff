import { atCrashPoints, isMillraceError, type MillraceError, millraceError } from "@millrace/core";
import type { KafkaCluster } from "../cluster/cluster.ts";
import { isConnectionError, refusedByKafka, retryDelayMs } from "../cluster/retry.ts";
import type { KafkaNode, PartitionLeader } from "../cluster/topology.ts";
import { addOffsetsToTxn } from "../requests/add-offsets-to-txn.ts";
import { addPartitionsToTxn } from "../requests/add-partitions-to-txn.ts";
import type { PartitionError, TopicPartition } from "../requests/by-topic.ts";
import { describeTransactions } from "../requests/describe-transactions.ts";
import { endTxn, type EndTxnAnswer } from "../requests/end-txn.ts";
import { initProducerId, type ProducerIdentity } from "../requests/init-producer-id.ts";
import { isRetriable, kafkaError, type KafkaError } from "../requests/kafka-errors.ts";
import { produce, type ProducedBatch } from "../requests/produce.ts";
import { txnOffsetCommit } from "../requests/txn-offset-commit.ts";
import { batchRounds } from "./batch-rounds.ts";
import {
  type CommitOutcome,
  type FailedCommit,
  failedCommit,
  type WrittenEnd,
} from "./commit-outcome.ts";
import type {
  CommitParts,
  CommitProducer,
  PartitionBatch,
  TransactionOffsets,
} from "./commit-producer.ts";
import { PartitionSequences } from "./partition-sequences.ts";
import {
  chooseProtocol,
  protocolVersions,
  type TransactionProtocol,
} from "./transaction-protocol.ts";

/** How a producer is opened. */
export interface ProducerOptions {
  /** A transaction that is open for longer is aborted; nothing is repeated for longer either. */
  readonly transactionTimeoutMs: number;
  /** For comparison and for tests; absent: what the cluster offers. */
  readonly protocol?: TransactionProtocol;
}

/** How long one answer may take: then the connection counts as lost. */
const requestTimeoutMs = 15_000;

/**
 * The producer of a transactional id, one transaction at a time.
 *
 * - P1. Batches of a partition are sent one after the other, with ascending sequence numbers; what
 *   is sent again is the identical bytes, to whoever leads then. A broker that has it already says
 *   so.
 * - P2. That a transaction shall be committed is said only after everything of it is acknowledged.
 *   Until then its batches and its offsets may be under way at the same time, where the protocol
 *   has no step before each of them and nobody asks for an order.
 * - P3. It is said again only with the same identity, which coordinators recognise. What the
 *   answers to the repetitions leave open is `indefinite`.
 * - P4. After any failure but one the producer is done. Opening it anew ends its transaction and
 *   its epoch. Where the group has gone on, only the transaction is aborted: the same may be
 *   committed again in the name of a newer membership, if nobody else has opened the producer by
 *   then.
 */
export class TransactionalProducer implements CommitProducer {
  readonly transactionalId: string;
  readonly isTransactional = true;
  readonly protocol: TransactionProtocol;
  private readonly cluster: KafkaCluster;
  private readonly timeoutMs: number;
  private readonly sequences = new PartitionSequences();
  /** Partitions of the open transaction, by `topic/partition`. */
  private readonly added = new Set<string>();
  /** Ends of what has been written in the open transaction, by `topic/partition`. */
  private readonly written = new Map<string, WrittenEnd>();
  private identity: ProducerIdentity;
  /** When the open transaction began; undefined: there is none. */
  private startMs: number | undefined;
  private failure: FailedCommit | undefined;

  private constructor(
    cluster: KafkaCluster,
    transactionalId: string,
    options: { timeoutMs: number; protocol: TransactionProtocol; identity: ProducerIdentity },
  ) {
    this.cluster = cluster;
    this.transactionalId = transactionalId;
    this.timeoutMs = options.timeoutMs;
    this.protocol = options.protocol;
    this.identity = options.identity;
  }

  /**
   * Opens the only producer of an id: older ones are fenced, a transaction that they left open is
   * aborted.
   *
   * @throws KAFKA_NOT_READY, KAFKA_REQUEST_REFUSED
   */
  static async open(
    cluster: KafkaCluster,
    transactionalId: string,
    options: ProducerOptions,
  ): Promise<TransactionalProducer> {
    const timeoutMs = options.transactionTimeoutMs;
    const request = { transactionalId, transactionTimeoutMs: timeoutMs };
    const retry = { request: initProducerId.name };
    const { identity, offered } = await cluster.askCoordinator(
      "transaction",
      transactionalId,
      retry,
      async (coordinator) => {
        const answer = await cluster.control(coordinator, initProducerId, request);
        const offered = await chooseProtocol(cluster, coordinator);
        return { error: answer.error, value: { identity: answer, offered } };
      },
    );
    const protocol = options.protocol ?? offered;
    return new TransactionalProducer(cluster, transactionalId, { timeoutMs, protocol, identity });
  }

  /** Whether it failed for good; then only opening it anew helps. */
  get isDone(): boolean {
    return this.failure !== undefined;
  }

  /**
   * Sends batches within the open transaction, or a new one, and waits until all are written.
   * Undefined: they are; otherwise the transaction is aborted.
   */
  async send(batches: readonly PartitionBatch[]): Promise<FailedCommit | undefined> {
    return this.guarded(() => atCrashPoints("produce", () => this.sendBatches(batches)));
  }

  /**
   * Sends what is given, moves the offsets, and commits the transaction. Without anything sent or
   * moved it is a success without a request.
   */
  async commit(parts: CommitParts = {}): Promise<CommitOutcome> {
    const { batches = [], offsets, areOffsetsLast = false } = parts;
    const sending = (): Promise<void> => atCrashPoints("produce", () => this.sendBatches(batches));
    const moving = async (): Promise<void> => {
      if (offsets !== undefined) await atCrashPoints("offsets", () => this.moveOffsets(offsets));
    };
    const failed = await this.guarded(async () => {
      if (this.protocol === "classic" || areOffsetsLast) {
        await sending();
        await moving();
      } else await bothDone(sending(), moving());
    });
    if (failed !== undefined) return failed;
    const ends = [...this.written.values()];
    return (await atCrashPoints("end", () => this.end(true))) ?? { kind: "committed", ends };
  }

  /** Whether a newer producer of the id has been opened; asks the coordinator, writes nothing. */
  async isFenced(): Promise<boolean> {
    const { transactionalId } = this;
    const options = { request: describeTransactions.name };
    return this.cluster.askCoordinator("transaction", transactionalId, options, async (node) => {
      const request = { transactionalId };
      const [state] = await this.cluster.control(node, describeTransactions, request);
      const { producerId, producerEpoch } = this.identity;
      const isSame = state?.producerId === producerId && state.producerEpoch === producerEpoch;
      return { error: state?.error ?? -1, value: !isSame };
    });
  }

  /** Aborts the open transaction; the producer goes on. Undefined: it is aborted. */
  async abort(): Promise<FailedCommit | undefined> {
    return this.failure ?? this.end(false);
  }

  /** Runs a part of the transaction that comes before its end. */
  private async guarded(part: () => Promise<void>): Promise<FailedCommit | undefined> {
    if (this.failure !== undefined) return this.failure;
    try {
      await part();
      return undefined;
    } catch (error) {
      const state = { mayBeCommitted: false, isOverdue: this.leftMs() <= 0 };
      const failure = failedCommit(error, state);
      if (failure.kind === "stale-generation") return (await this.end(false)) ?? failure;
      this.failure = failure;
      await this.abandon();
      return this.failure;
    }
  }

  private async sendBatches(batches: readonly PartitionBatch[]): Promise<void> {
    if (batches.length === 0) return;
    this.begin();
    if (this.protocol === "classic") await this.addPartitions(batches);
    const stamped = batches.map((batch) => this.stamped(batch));
    // A request holds one batch of a partition: its first ones go out together, then its second.
    for (const round of batchRounds(stamped)) {
      const options = { request: produce.name, waitMs: this.leftMs() };
      await this.cluster.askLeaders(round, options, (leader, entries) =>
        this.produceTo(leader, entries),
      );
    }
  }

  private stamped({ topic, partition, recordCount, stamp }: PartitionBatch): StampedBatch {
    const baseSequence = this.sequences.take(topic, partition, recordCount);
    const records = stamp({ ...this.identity, baseSequence });
    return { topic, partition, recordCount, records };
  }

  private async produceTo(
    leader: PartitionLeader,
    batches: readonly StampedBatch[],
  ): Promise<readonly ProducedBatch[]> {
    const { transactionalId } = this;
    const timeoutMs = Math.max(1, Math.min(requestTimeoutMs, this.leftMs()));
    const request = { transactionalId, timeoutMs: Math.ceil(timeoutMs), batches };
    const results = await this.cluster.call(leader, produce, request, {
      lane: "produce",
      timeoutMs,
      versionMax: protocolVersions[this.protocol].produce,
    });
    for (const result of results) this.noteEnd(result, batches);
    return results.map((result) => (isDuplicate(result) ? { ...result, error: 0 } : result));
  }

  private noteEnd(result: ProducedBatch, batches: readonly StampedBatch[]): void {
    const { topic, partition, error, baseOffset } = result;
    if (error !== 0 || baseOffset < 0n) return;
    const batch = batches.find((each) => each.topic === topic && each.partition === partition);
    const end = baseOffset + BigInt(batch?.recordCount ?? 0);
    this.written.set(`${topic}/${partition}`, { topic, partition, end });
  }

  private async addPartitions(batches: readonly TopicPartition[]): Promise<void> {
    const partitions = new Map(
      batches
        .map(({ topic, partition }) => [`${topic}/${partition}`, { topic, partition }] as const)
        .filter(([name]) => !this.added.has(name)),
    );
    if (partitions.size === 0) return;
    await this.askCoordinator(addPartitionsToTxn.name, async (coordinator) => {
      const request = { ...this.named(), partitions: [...partitions.values()] };
      const results = await this.cluster.control(coordinator, addPartitionsToTxn, request);
      return firstError(results);
    });
    for (const name of partitions.keys()) this.added.add(name);
  }

  private async moveOffsets({ group, offsets }: TransactionOffsets): Promise<void> {
    this.begin();
    const { groupId } = group;
    if (this.protocol === "classic") {
      await this.askCoordinator(addOffsetsToTxn.name, async (coordinator) => {
        const request = { ...this.named(), groupId };
        return (await this.cluster.control(coordinator, addOffsetsToTxn, request)).error;
      });
    }
    const retry = { request: txnOffsetCommit.name, waitMs: this.leftMs() };
    await this.cluster.askCoordinator("group", groupId, retry, async (coordinator) => {
      const request = { ...this.named(), ...group, offsets };
      const results = await this.cluster.call(coordinator, txnOffsetCommit, request, {
        lane: "control",
        timeoutMs: requestTimeoutMs,
        versionMax: protocolVersions[this.protocol].txnOffsetCommit,
      });
      return { error: firstError(results), value: undefined };
    });
  }

  /** Ends the open transaction, if there is one. */
  private async end(isCommit: boolean): Promise<FailedCommit | undefined> {
    if (this.failure !== undefined) return this.failure;
    if (this.startMs === undefined) return undefined;
    let mayBeCommitted = false;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.tryEnd(isCommit);
      if ("answer" in outcome) return this.finish(outcome.answer);
      mayBeCommitted ||= isCommit && outcome.mayHaveActed;
      const isOverdue = this.leftMs() <= 0;
      if (outcome.isFinal || isOverdue) {
        this.failure = failedCommit(outcome.error, { mayBeCommitted, isOverdue });
        return this.failure;
      }
      if (outcome.isMoved) this.cluster.forgetCoordinator("transaction", this.transactionalId);
      await this.cluster.clock.sleep(retryDelayMs(attempt));
    }
  }

  private async tryEnd(isCommit: boolean): Promise<EndOutcome> {
    let wasFound = false;
    try {
      const waitMs = this.leftMs();
      const id = this.transactionalId;
      const coordinator = await this.cluster.coordinator("transaction", id, waitMs);
      wasFound = true;
      const answer = await this.endAt(coordinator, isCommit);
      if (answer.error === 0) return { answer };
      return endRefused(kafkaError(answer.error), this.timeoutMs - this.leftMs());
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      const isLost = isConnectionError(error);
      const mayHaveActed = wasFound && !neverSent.has(error.code);
      return { error, mayHaveActed, isFinal: !isLost && wasFound, isMoved: true };
    }
  }

  private endAt(coordinator: KafkaNode, isCommit: boolean): Promise<EndTxnAnswer> {
    return this.cluster.call(
      coordinator,
      endTxn,
      { ...this.named(), isCommit },
      {
        lane: "control",
        timeoutMs: requestTimeoutMs,
        versionMax: protocolVersions[this.protocol].endTxn,
      },
    );
  }

  private finish({ next }: EndTxnAnswer): undefined {
    this.startMs = undefined;
    this.added.clear();
    this.written.clear();
    if (next === undefined) return;
    this.identity = next;
    this.sequences.restart();
  }

  /**
   * Tries to end a transaction that failed, so that readers need not wait for its timeout. It is
   * not committed in any case, as nobody has said that it shall be.
   */
  private async abandon(): Promise<void> {
    // Where it does not work, opening the producer anew or the timeout ends it as well.
    if (this.startMs !== undefined) await this.tryEnd(false);
    this.startMs = undefined;
  }

  private begin(): void {
    this.startMs ??= this.cluster.clock.monotonicMs();
  }

  /** Time that is left to the open transaction. */
  private leftMs(): number {
    if (this.startMs === undefined) return this.timeoutMs;
    return this.timeoutMs - (this.cluster.clock.monotonicMs() - this.startMs);
  }

  private named(): ProducerIdentity & { transactionalId: string } {
    const { producerId, producerEpoch } = this.identity;
    return { transactionalId: this.transactionalId, producerId, producerEpoch };
  }

  private async askCoordinator(
    request: string,
    attempt: (coordinator: KafkaNode) => Promise<number>,
  ): Promise<void> {
    const retry = { request, waitMs: this.leftMs() };
    await this.cluster.askCoordinator("transaction", this.transactionalId, retry, async (node) => ({
      error: await attempt(node),
      value: undefined,
    }));
  }
}

/** Waits for both to end, whatever becomes of the other; then fails as the first that failed. */
async function bothDone(first: Promise<void>, second: Promise<void>): Promise<void> {
  for (const outcome of await Promise.allSettled([first, second])) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}

type StampedBatch = TopicPartition & {
  readonly recordCount: number;
  readonly records: Uint8Array;
};

/** How one request to end a transaction went. */
type EndOutcome =
  | { readonly answer: EndTxnAnswer }
  | {
      readonly error: MillraceError;
      /** Whether the coordinator may have done it in spite of the error. */
      readonly mayHaveActed: boolean;
      readonly isFinal: boolean;
      readonly isMoved: boolean;
    };

const neverSent: ReadonlySet<string> = new Set(["KAFKA_UNREACHABLE", "KAFKA_BROKER_TOO_OLD"]);

// Coordinators answer with these before they write anything. All others may come after the decision
// was written: COORDINATOR_NOT_AVAILABLE, for one, when its followers took too long.
const refusedBefore: ReadonlySet<string> = new Set([
  "COORDINATOR_LOAD_IN_PROGRESS",
  "CONCURRENT_TRANSACTIONS",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_PRODUCER_ID_MAPPING",
  "INVALID_REQUEST",
  "INVALID_TXN_STATE",
  "PRODUCER_FENCED",
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
  "TRANSACTIONAL_ID_NOT_FOUND",
  "TRANSACTION_ABORTABLE",
  "UNSUPPORTED_VERSION",
]);

function endRefused(error: KafkaError, waitedMs: number): EndOutcome {
  const request = endTxn.name;
  const isFinal = !isRetriable(error);
  return {
    error: isFinal
      ? refusedByKafka(request, error)
      : millraceError("KAFKA_NOT_READY", { request, error: error.name, waitedMs }),
    mayHaveActed: !refusedBefore.has(error.name),
    isFinal,
    isMoved: error.meaning === "moved",
  };
}

/** The broker has written the batch before: an earlier attempt arrived after all. */
function isDuplicate({ error }: PartitionError): boolean {
  return kafkaError(error).name === "DUPLICATE_SEQUENCE_NUMBER";
}

function firstError(results: readonly PartitionError[]): number {
  return results.find(({ error }) => error !== 0)?.error ?? 0;
}
