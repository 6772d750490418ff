import { offset } from "@millrace/core";
import {
  decodeRecords,
  fetchRecords,
  isRetriable,
  kafkaError,
  type KafkaCluster,
} from "@millrace/kafka";

/** Reads what is committed to a topic, from its start, and waits at the broker for more. */
export class CommittedReader {
  readonly #cluster: KafkaCluster;
  readonly #topic: string;
  readonly #next: bigint[];

  constructor(cluster: KafkaCluster, topic: string, partitions: number) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#next = Array.from({ length: partitions }, () => 0n);
  }

  /** The values of one answer; none when nothing came in 200 ms. */
  async read(): Promise<Buffer[]> {
    const topic = this.#topic;
    const leader = await this.#cluster.leaderOf(topic, 0);
    const { topicId, leaderEpoch } = leader;
    const answer = await fetchRecords(this.#cluster, leader, {
      isolation: "read-committed",
      waitMs: 200,
      bytesMin: 1,
      bytesMax: 16 * 1024 * 1024,
      partitions: this.#next.map((at, partition) => ({
        topic,
        topicId,
        partition,
        leaderEpoch,
        offset: at,
        bytesMax: 1024 * 1024,
      })),
    });
    const values: Buffer[] = [];
    for (const {
      partition,
      error,
      records: bytes,
      lastStableOffset,
      aborted,
    } of answer.partitions) {
      if (error !== 0) {
        await this.#lookAgain(error);
        continue;
      }
      const { records, next } = decodeRecords({
        topic,
        partition,
        bytes,
        from: offset(this.#next[partition] ?? 0n),
        committed: { lastStableOffset, abortedTransactions: aborted },
        withMeta: false,
      });
      this.#next[partition] = next;
      const buffer = Buffer.from(
        records.buffer.buffer,
        records.buffer.byteOffset,
        records.buffer.length,
      );
      for (let index = 0; index < records.count; index += 1) {
        const start = records.valueStart[index] ?? 0;
        values.push(buffer.subarray(start, start + (records.valueLength[index] ?? 0)));
      }
    }
    return values;
  }

  /** The leader of a new topic may not know of it yet. */
  async #lookAgain(error: number): Promise<void> {
    if (!isRetriable(kafkaError(error))) throw new Error(`Fetch: ${kafkaError(error).name}`);
    await this.#cluster.refresh();
  }
}
