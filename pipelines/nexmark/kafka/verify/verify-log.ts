import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@millrace/core";
import { systemClock } from "@millrace/core";
import {
  type FetchedPartition,
  fetchRecords,
  KafkaCluster,
  type KafkaTopic,
  isRetriable,
  kafkaError,
  listOffsetsOf,
  parseKafkaUrl,
} from "@millrace/kafka";
import { committed } from "../read-back.ts";
import { PartitionCheck, type PartitionFindings, type TransactionPart } from "./check-partition.ts";
import { readBatches } from "./read-batches.ts";

/** What was found in the topics of a pipeline. */
export interface LogFindings {
  readonly partitions: number;
  readonly batches: number;
  readonly transactions: { readonly committed: number; readonly aborted: number };
  readonly records: { readonly committed: number; readonly aborted: number };
  /** What must not be, as sentences. */
  readonly violations: readonly string[];
}

const fetchBytes = 4 * 1024 * 1024;
const retryMs = 100;
/** Transactions of processes that were killed are aborted when they time out. */
const settleMaxMs = 60_000;

/**
 * Reads topics to their ends without regard to transactions, and checks each batch; that no
 * transaction is committed in one partition and aborted in another; and that readers of what is
 * committed get as many records as the marks say.
 *
 * @param brokers `host:port,…`
 */
export async function verifyTopics(
  log: Log,
  brokers: string,
  isChecked: (topic: string) => boolean,
): Promise<LogFindings> {
  const cluster = await KafkaCluster.connect(parseKafkaUrl(`kafka://${brokers}`), systemClock);
  const findings = new Map<string, PartitionFindings>();
  const violations: string[] = [];
  try {
    const topics = (await cluster.topics()).filter(({ name }) => isChecked(name));
    for (const topic of topics) {
      for (const [partition] of topic.partitions.entries()) {
        const found = await checkPartition(cluster, topic, partition);
        const place = `${topic.name}/${partition}`;
        findings.set(place, found);
        violations.push(...found.violations.map((text) => `${place}: ${text}`));
        if (found.isTruncated) continue;
        const read = await countCommitted(log, topic.name, partition);
        if (read === found.committedRecords) continue;
        violations.push(`${place}: ${found.committedRecords} are committed, ${read} are read`);
      }
    }
  } finally {
    await cluster.close();
  }
  violations.push(...tornTransactions(findings));
  return summary([...findings.values()], violations);
}

async function checkPartition(
  cluster: KafkaCluster,
  topic: KafkaTopic,
  partition: number,
): Promise<PartitionFindings> {
  const start = { topic: topic.name, partition, at: "earliest" } as const;
  const [first] = await listOffsetsOf(cluster, "read-uncommitted", [start]);
  let offset = first?.offset ?? 0n;
  const check = new PartitionCheck(offset > 0n);
  const since = systemClock.monotonicMs();
  for (;;) {
    const fetched = await fetchFrom(cluster, topic, partition, offset);
    const { highWatermark, lastStableOffset } = fetched;
    for (const batch of readBatches(fetched.records)) {
      if (batch.next <= offset) continue;
      check.take(batch);
      offset = batch.next;
    }
    if (offset >= highWatermark && lastStableOffset >= highWatermark) return check.finish();
    if (offset < highWatermark) continue;
    if (systemClock.monotonicMs() - since > settleMaxMs) return check.finish();
    await sleep(retryMs);
  }
}

async function fetchFrom(
  cluster: KafkaCluster,
  { name: topic }: KafkaTopic,
  partition: number,
  offset: bigint,
): Promise<FetchedPartition> {
  for (;;) {
    const leader = await cluster.leaderOf(topic, partition);
    const { topicId, leaderEpoch } = leader;
    const answer = await fetchRecords(cluster, leader, {
      isolation: "read-uncommitted",
      waitMs: 0,
      bytesMin: 0,
      bytesMax: fetchBytes,
      partitions: [{ topic, topicId, partition, offset, leaderEpoch, bytesMax: fetchBytes }],
    });
    const [fetched] = answer.partitions;
    if (fetched?.error === 0) return fetched;
    const error = kafkaError(fetched?.error ?? answer.error);
    if (!isRetriable(error)) throw new Error(`${topic}/${partition} cannot be read: ${error.name}`);
    await cluster.refresh();
    await sleep(retryMs);
  }
}

async function countCommitted(log: Log, topic: string, partition: number): Promise<number> {
  let count = 0;
  for await (const records of committed(log, topic, partition)) count += records.count;
  return count;
}

/**
 * By KIP-890 each transaction has an epoch of its own, so what it wrote to several partitions can
 * be told to belong together.
 */
function tornTransactions(findings: ReadonlyMap<string, PartitionFindings>): string[] {
  const known = new Map<string, TransactionPart & { readonly place: string }>();
  const torn: string[] = [];
  for (const [place, { transactions }] of findings) {
    for (const part of transactions) {
      const name = `${part.producerId}/${part.epoch}`;
      const other = known.get(name);
      known.set(name, { ...part, place });
      if (other === undefined || other.isCommitted === part.isCommitted) continue;
      torn.push(`the transaction ${name} differs between ${place} and ${other.place}`);
    }
  }
  return torn;
}

function summary(
  findings: readonly PartitionFindings[],
  violations: readonly string[],
): LogFindings {
  const sum = (of: (each: PartitionFindings) => number): number =>
    findings.reduce((total, each) => total + of(each), 0);
  const parts = findings.flatMap(({ transactions }) => transactions);
  const idsOf = (isCommitted: boolean): number =>
    new Set(
      parts
        .filter((part) => part.isCommitted === isCommitted)
        .map(({ producerId, epoch }) => `${producerId}/${epoch}`),
    ).size;
  return {
    partitions: findings.length,
    batches: sum(({ batches }) => batches),
    transactions: { committed: idsOf(true), aborted: idsOf(false) },
    records: {
      committed: sum(({ committedRecords }) => committedRecords),
      aborted: sum(({ abortedRecords }) => abortedRecords),
    },
    violations,
  };
}
