import { expect } from "vitest";
import type { KafkaCluster } from "../../src/cluster/cluster.ts";
import { fetchRecords } from "../../src/cluster/fetch-records.ts";
import { kafkaError } from "../../src/requests/kafka-errors.ts";
import { valuesIn } from "./batch.ts";

/** All committed values of a partition, once no transaction in it is undecided. */
export async function committed(
  cluster: KafkaCluster,
  topic: string,
  partition: number,
): Promise<string[]> {
  for (;;) {
    const leader = await cluster.leaderOf(topic, partition);
    const { topicId, leaderEpoch } = leader;
    const answer = await fetchRecords(cluster, leader, {
      isolation: "read-committed",
      waitMs: 20,
      bytesMin: 1,
      bytesMax: 1 << 20,
      partitions: [{ topic, topicId, partition, offset: 0n, leaderEpoch, bytesMax: 1 << 20 }],
    });
    const [found] = answer.partitions;
    expect(answer.error).toBe(0);
    if (found === undefined) throw new Error("the partition is not in the answer");
    if (found.error !== 0) {
      expect(kafkaError(found.error).meaning).toBe("moved");
      await cluster.refresh();
    } else if (found.lastStableOffset === found.highWatermark) {
      return valuesIn(found.records, found.aborted);
    }
  }
}
