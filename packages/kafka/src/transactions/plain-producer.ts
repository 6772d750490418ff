import type { KafkaCluster } from "../cluster/cluster.ts";
import { commitGroupOffsets } from "../cluster/group-offsets.ts";
import { produce } from "../requests/produce.ts";
import { batchRounds } from "./batch-rounds.ts";
import { type CommitOutcome, failedCommit, type WrittenEnd } from "./commit-outcome.ts";
import type {
  CommitParts,
  CommitProducer,
  PartitionBatch,
  TransactionOffsets,
} from "./commit-producer.ts";

/** How long one answer may take: then the connection counts as lost. */
const requestTimeoutMs = 15_000;
const noIdentity = { producerId: -1n, producerEpoch: -1, baseSequence: -1 };

/**
 * A producer without transactions: what is written is seen at once, a commit that fails may have
 * been written in part or twice, and nobody is fenced. With it results are at-least-once; it is
 * there to measure what exactly-once costs.
 *
 * The batches of the topic that comes last, which tells how far its writer is, go out when all
 * others are written.
 */
export class PlainProducer implements CommitProducer {
  readonly transactionalId: string;
  readonly isTransactional = false;
  private readonly cluster: KafkaCluster;

  constructor(cluster: KafkaCluster, id: string) {
    this.cluster = cluster;
    this.transactionalId = id;
  }

  async commit({ batches = [], offsets }: CommitParts): Promise<CommitOutcome> {
    const last = batches.at(-1)?.topic;
    try {
      const ends = await this.send(batches.filter(({ topic }) => topic !== last));
      ends.push(...(await this.send(batches.filter(({ topic }) => topic === last))));
      if (offsets !== undefined) await this.moveOffsets(offsets);
      return { kind: "committed", ends };
    } catch (error) {
      return failedCommit(error, { mayBeCommitted: true, isOverdue: false });
    }
  }

  async isFenced(): Promise<boolean> {
    return false;
  }

  private async send(batches: readonly PartitionBatch[]): Promise<WrittenEnd[]> {
    const ends: WrittenEnd[] = [];
    const stamped = batches.map(({ topic, partition, recordCount, stamp }) => ({
      topic,
      partition,
      recordCount,
      records: stamp(noIdentity),
    }));
    for (const round of batchRounds(stamped)) {
      const results = await this.cluster.askLeaders(
        round,
        { request: produce.name },
        (leader, entries) =>
          this.cluster.call(
            leader,
            produce,
            { transactionalId: null, timeoutMs: requestTimeoutMs, batches: entries },
            { lane: "produce", timeoutMs: requestTimeoutMs },
          ),
      );
      for (const [index, { topic, partition, baseOffset }] of results.entries()) {
        const end = baseOffset + BigInt(round[index]?.recordCount ?? 0);
        if (baseOffset >= 0n) ends.push({ topic, partition, end });
      }
    }
    return ends;
  }

  /** Offsets that say only that the writer is a member are left out. */
  private async moveOffsets({ group, offsets }: TransactionOffsets): Promise<void> {
    const moved = offsets.filter(({ offset }) => offset >= 0n);
    if (moved.length > 0) await commitGroupOffsets(this.cluster, group, moved);
  }
}
