import { expect, it } from "vitest";
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
