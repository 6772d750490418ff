import { expect } from "vitest";
import type { KafkaCluster } from "../../src/cluster/cluster.ts";
import { fetchRecords } from "../../src/cluster/fetch-records.ts";
import { kafkaError } from "../../src/requests/kafka-errors.ts";
import { offsetAfter, valuesIn } from "./batch.ts";

/** All committed values of a partition, once no transaction in it is undecided. */
export async function committed(
  cluster: KafkaCluster,
  topic: string,
  partition: number,
): Promise<string[]> {
  const values: string[] = [];
  let offset = 0n;
  for (;;) {
    const leader = await cluster.leaderOf(topic, partition);
    const { topicId, leaderEpoch } = leader;
    const answer = await fetchRecords(cluster, leader, {
      isolation: "read-committed",
      waitMs: 20,
      bytesMin: 1,
      bytesMax: 1 << 20,
      partitions: [{ topic, topicId, partition, offset, leaderEpoch, bytesMax: 1 << 20 }],
    });
    const [found] = answer.partitions;
    expect(answer.error).toBe(0);
    if (found === undefined) throw new Error("the partition is not in the answer");
    if (found.error !== 0) {
      expect(kafkaError(found.error).meaning).toBe("moved");
      await cluster.refresh();
      continue;
    }
    values.push(...valuesIn(found.records, found.aborted));
    offset = offsetAfter(found.records, offset);
    if (offset === found.highWatermark) return values;
  }
}
