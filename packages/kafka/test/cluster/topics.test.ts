import { expect, it } from "vitest";
import {
  createTopic,
  deleteRecordsBefore,
  deleteTopicsOf,
  listOffsetsOf,
  topicConfigs,
} from "../../src/cluster/topics.ts";
import { describeWithBroker, newTopic, uniqueName, withCluster } from "../broker.ts";

describeWithBroker("topics of a cluster", () => {
  it("are made once, listed with id and partitions, and removed", () =>
    withCluster(async (cluster) => {
      const name = uniqueName("made");
      const configs = { "cleanup.policy": "compact" };
      const topic = { name, partitions: 3, replication: 1, configs };
      const made = await createTopic(cluster, topic);
      expect(made.name).toBe(name);
      expect(made.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
      expect(await createTopic(cluster, { ...topic, partitions: 5 })).toEqual(made);
      const found = (await cluster.topics()).find((candidate) => candidate.name === name);
      expect(found).toEqual(made);
      expect(found?.id).toMatch(/^[\w-]{22}$/);
      expect((await topicConfigs(cluster, name)).get("cleanup.policy")).toBe("compact");
      await deleteTopicsOf(cluster, [name, uniqueName("never")]);
      expect((await cluster.topics()).map((candidate) => candidate.name)).not.toContain(name);
    }));

  it("have offsets at both ends, and none at a time without records", () =>
    withCluster(async (cluster) => {
      const topic = await newTopic(cluster, 2);
      const places = [
        { topic, partition: 0, at: "earliest" },
        { topic, partition: 1, at: 1000 },
      ] as const;
      const offsets = await listOffsetsOf(cluster, "read-committed", places);
      expect(offsets.map(({ partition, offset }) => [partition, offset])).toEqual([
        [0, 0n],
        [1, -1n],
      ]);
      const deleted = await deleteRecordsBefore(cluster, [{ topic, partition: 0, offset: 0n }]);
      expect(deleted).toEqual([{ topic, partition: 0, start: 0n, error: 0 }]);
    }));

  it("that are unknown are refused", () =>
    withCluster(async (cluster) => {
      const name = uniqueName("never");
      await expect(cluster.leaderOf(name, 0)).rejects.toMatchObject({ code: "LOG_TOPIC_UNKNOWN" });
      await expect(topicConfigs(cluster, name)).rejects.toMatchObject({
        code: "LOG_TOPIC_UNKNOWN",
      });
      await expect(
        createTopic(cluster, { name: "a name", partitions: 1, replication: 1 }),
      ).rejects.toMatchObject({
        code: "KAFKA_REQUEST_REFUSED",
        params: { error: "INVALID_TOPIC_EXCEPTION" },
      });
    }));
});
