import { systemClock } from "@millrace/core";
import { expect, it } from "vitest";
import { describeWithOwnCluster } from "../../../../dev/services/describe.mjs";
import { KafkaCluster } from "../../src/cluster/cluster.ts";
import { createTopic } from "../../src/cluster/topics.ts";
import {
  TransactionalProducer,
  type ProducerOptions,
} from "../../src/transactions/transactional-producer.ts";
import { uniqueName } from "../broker.ts";
import { batchOf } from "./batch.ts";
import { committed } from "./committed.ts";

const partitions = [0, 1, 2, 3, 4, 5];

describeWithOwnCluster("with three brokers", { nodes: 3 }, (service) => {
  it.each(["kip-890"] as const)(
    "what was committed is there once while a leader is killed and comes back (%s)",
    async (protocol) => {
      const cluster = await KafkaCluster.connect({ brokers: service.brokers }, systemClock);
      const topic = uniqueName("leaders");
      await createTopic(cluster, { name: topic, partitions: partitions.length, replication: 3 });
      const id = uniqueName("id");
      const how: ProducerOptions = { transactionTimeoutMs: 30_000, protocol };
      let producer = await TransactionalProducer.open(cluster, id, how);
      const sure: string[] = [];
      const unsure = new Set<string>();
      const commit = async (value: string): Promise<void> => {
        const batches = partitions.flatMap((p) => [
          batchOf(topic, p, [value, `${value}+`]),
          batchOf(topic, p, [`${value}++`]),
        ]);
        const { kind } = await producer.commit({ batches });
        const values = [value, `${value}+`, `${value}++`];
        if (kind === "committed") sure.push(...values);
        if (kind === "indefinite") for (const one of values) unsure.add(one);
        if (kind !== "committed") producer = await TransactionalProducer.open(cluster, id, how);
      };

      for (let i = 0; i < 20; i++) await commit(`before ${i}`);
      const { nodeId } = await cluster.leaderOf(topic, 0);
      const killed = service.kill(nodeId);
      for (let i = 0; i < 40; i++) await commit(`without ${i}`);
      await killed;
      const started = service.start(nodeId);
      for (let i = 0; i < 40; i++) await commit(`again ${i}`);
      await started;

      for (const partition of partitions) {
        const values = await committed(cluster, topic, partition);
        expect(values.filter((value) => !unsure.has(value))).toEqual(sure);
        expect(new Set(values).size).toBe(values.length);
      }
      await cluster.close();
    },
    150_000,
  );
});
