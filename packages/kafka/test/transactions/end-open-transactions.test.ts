import { systemClock } from "@millrace/core";
import { expect, it } from "vitest";
import { describeWithOwnCluster } from "../../../../dev/services/describe.mjs";
import { KafkaCluster } from "../../src/cluster/cluster.ts";
import { initProducerId } from "../../src/requests/init-producer-id.ts";
import { produce } from "../../src/requests/produce.ts";
import { endOpenTransactions } from "../../src/transactions/end-open-transactions.ts";
import { TransactionalProducer } from "../../src/transactions/transactional-producer.ts";
import { describeWithBroker, newTopic, uniqueName, withCluster } from "../broker.ts";
import { batchOf } from "./batch.ts";
import { committed } from "./committed.ts";

const options = { transactionTimeoutMs: 30_000 };

describeWithBroker("open transactions of a partition", () => {
  it("are aborted with their producers, also where these are not known by name", () =>
    withCluster(async (cluster) => {
      const topic = await newTopic(cluster, 2);
      const open = () => TransactionalProducer.open(cluster, uniqueName("id"), options);
      const [first, second, elsewhere] = [await open(), await open(), await open()];
      await first.commit({ batches: [batchOf(topic, 0, ["before"])] });
      await first.send([batchOf(topic, 0, ["first"]), batchOf(topic, 1, ["first"])]);
      await second.send([batchOf(topic, 0, ["second"])]);
      await elsewhere.send([batchOf(topic, 1, ["elsewhere"])]);

      await endOpenTransactions(cluster, { topic, partition: 0 }, options);
      expect(await committed(cluster, topic, 0)).toEqual(["before"]);
      expect(await first.commit()).toMatchObject({ kind: "fenced" });
      expect(await second.commit()).toMatchObject({ kind: "fenced" });
      expect(await elsewhere.commit()).toMatchObject({ kind: "committed" });
      expect(await committed(cluster, topic, 1)).toEqual(["elsewhere"]);
    }));

  it("are left where there are none, with the producers that have written before", () =>
    withCluster(async (cluster) => {
      const topic = await newTopic(cluster);
      const producer = await TransactionalProducer.open(cluster, uniqueName("id"), options);
      await endOpenTransactions(cluster, { topic, partition: 0 }, options);
      await producer.commit({ batches: [batchOf(topic, 0, ["a"])] });
      await endOpenTransactions(cluster, { topic, partition: 0 }, options);
      await producer.commit({ batches: [batchOf(topic, 0, ["b"])] });
      expect(await committed(cluster, topic, 0)).toEqual(["a", "b"]);
    }));
});

// As after a broker has lost the mark of a transaction that it has finished.
const unverified = { "transaction.partition.verification.enable": "false" };
describeWithOwnCluster("a hanging transaction", { nodes: 1, settings: unverified }, (service) => {
  it("is refused, as nobody can tell any more how it ended", async () => {
    const cluster = await KafkaCluster.connect({ brokers: service.brokers }, systemClock);
    const topic = await newTopic(cluster);
    const transactionalId = uniqueName("id");
    const identity = await cluster.askCoordinator(
      "transaction",
      transactionalId,
      { request: initProducerId.name },
      async (coordinator) => {
        const request = { transactionalId, transactionTimeoutMs: 30_000 };
        const answer = await cluster.control(coordinator, initProducerId, request);
        return { error: answer.error, value: answer };
      },
    );
    const records = batchOf(topic, 0, ["open"]).stamp({ ...identity, baseSequence: 0 });
    const batches = [{ topic, partition: 0, records }];
    const written = await cluster.call(
      await cluster.leaderOf(topic, 0),
      produce,
      { transactionalId, timeoutMs: 5_000, batches },
      { lane: "produce", timeoutMs: 5_000, versionMax: 11 },
    );
    expect(written).toMatchObject([{ error: 0 }]);
    const ending = endOpenTransactions(cluster, { topic, partition: 0 }, options);
    const params = { topic, partition: 0, transactionalId, state: "Empty" };
    await expect(ending).rejects.toMatchObject({ code: "LOG_TRANSACTION_HANGING", params });
    await cluster.close();
  });
});
