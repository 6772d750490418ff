import { offset, systemClock } from "@millrace/core";
import {
  decodeRecords,
  encodeRecords,
  fetchRecords,
  KafkaCluster,
  listOffsetsOf,
  produce,
} from "@millrace/kafka";
import { partitionCount } from "./nexmark-topics.ts";

const partitionBytesMax = 1024 * 1024;
/** Requests that are under way at once. */
const produceWindow = 4;

/** Record batches as Produce takes them. */
export interface RawBatch {
  readonly partition: number;
  readonly records: Uint8Array;
}

/** What the least of work with the same bytes costs: requests alone, no record is looked at. */
export class RawBytes {
  readonly #cluster: KafkaCluster;

  private constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
  }

  static async connect(address: string): Promise<RawBytes> {
    return new RawBytes(await KafkaCluster.connect({ brokers: [address] }, systemClock));
  }

  /**
   * Fetches a topic from its start to its end; `take` sees each answer's bytes, during the call
   * only.
   */
  async fetchAll(
    topic: string,
    take: (partition: number, bytes: Uint8Array, from: bigint, stable: bigint) => void = () =>
      undefined,
  ): Promise<void> {
    const { leader, topicId, leaderEpoch } = await this.#leaderOf(topic);
    const ends = await this.#ends(topic);
    const at = ends.map(() => 0n);
    for (;;) {
      const partitions = ends
        .map((_, partition) => ({
          topic,
          topicId,
          partition,
          leaderEpoch,
          offset: at[partition] ?? 0n,
          bytesMax: partitionBytesMax,
        }))
        .filter(({ partition, offset: next }) => next < (ends[partition] ?? 0n));
      if (partitions.length === 0) return;
      const answer = await fetchRecords(this.#cluster, leader, {
        isolation: "read-committed",
        waitMs: 200,
        bytesMin: 1,
        bytesMax: 32 * 1024 * 1024,
        partitions,
      });
      for (const { partition, records, lastStableOffset } of answer.partitions) {
        take(partition, records, at[partition] ?? 0n, lastStableOffset);
        at[partition] = nextOffset(records) ?? at[partition] ?? 0n;
      }
      const view = answer.partitions.find(({ records }) => records.length > 0);
      if (view !== undefined) this.#cluster.giveBack(view.records);
    }
  }

  /** Produces batches, a request for each round of partitions, several under way. */
  async produceAll(topic: string, batches: readonly RawBatch[]): Promise<void> {
    const { leader } = await this.#leaderOf(topic);
    const underWay: Promise<unknown>[] = [];
    for (const { partition, records } of batches) {
      if (underWay.length >= produceWindow) await underWay.shift();
      const entry = { topic, partition, records };
      const request = { transactionalId: null, timeoutMs: 10_000, batches: [entry] };
      const way = { lane: "produce", timeoutMs: 15_000 } as const;
      const answer = this.#cluster.call(leader, produce, request, way);
      underWay.push(answer.then(([result]) => checkProduced(result)));
    }
    await Promise.all(underWay);
  }

  /** The records of a topic as batches of no producer. */
  async batchesOf(topic: string): Promise<RawBatch[]> {
    const batches: RawBatch[] = [];
    await this.fetchAll(topic, (partition, bytes, from, stable) => {
      const { records } = decodeRecords({
        topic,
        partition,
        bytes,
        from: offset(from),
        committed: { lastStableOffset: stable, abortedTransactions: [] },
        withMeta: false,
      });
      if (records.count === 0) return;
      for (const batch of encodeRecords([{ values: records }], { timestamp: systemClock.now() })) {
        batches.push({ partition, records: batch.bytes });
      }
    });
    return batches;
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  async #leaderOf(topic: string) {
    const leader = await this.#cluster.leaderOf(topic, 0);
    return { leader, topicId: leader.topicId, leaderEpoch: leader.leaderEpoch };
  }

  async #ends(topic: string): Promise<bigint[]> {
    const places = Array.from({ length: partitionCount }, (_, partition) => ({
      topic,
      partition,
      at: "latest" as const,
    }));
    const listed = await listOffsetsOf(this.#cluster, "read-committed", places);
    return listed.map((each) => each.offset);
  }
}

/** Where the last whole batch ends: only headers are looked at. */
function nextOffset(bytes: Uint8Array): bigint | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let next: bigint | undefined;
  for (let at = 0; at + 61 <= bytes.length;) {
    const end = at + 12 + view.getInt32(at + 8);
    if (end > bytes.length) break;
    next = view.getBigInt64(at) + BigInt(view.getInt32(at + 23)) + 1n;
    at = end;
  }
  return next;
}

function checkProduced(result: { readonly error: number } | undefined): void {
  if (result?.error !== 0) throw new Error(`Produce: error ${result?.error}`);
}
