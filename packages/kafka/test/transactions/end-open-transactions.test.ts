import { systemClock } from "@millrace/core";
import { expect, it } from "vitest";
import { describeWithOwnCluster } from "../../../../dev/services/describe.mjs";
import { KafkaCluster } from "../../src/cluster/cluster.ts";
import { describeTransactions } from "../../src/requests/describe-transactions.ts";
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

// Whoever asks, brokers then write to partitions that the coordinator does not know of: as after it
// has left out their marks.
const unverified = { "transaction.partition.verification.enable": "false" };
describeWithOwnCluster("a hanging transaction", { nodes: 1, settings: unverified }, (service) => {
  const open = () => KafkaCluster.connect({ brokers: service.brokers }, systemClock);

  /** Writes a value as of the first transaction of a producer. */
  async function writeAsFirst(
    cluster: KafkaCluster,
    { topic, id, producerId }: { topic: string; id: string; producerId: bigint },
  ): Promise<void> {
    const stamp = { producerId, producerEpoch: 0, baseSequence: 0 };
    const batches = [{ topic, partition: 0, records: batchOf(topic, 0, ["open"]).stamp(stamp) }];
    const written = await cluster.call(
      await cluster.leaderOf(topic, 0),
      produce,
      { transactionalId: id, timeoutMs: 5_000, batches },
      { lane: "produce", timeoutMs: 5_000, versionMax: 11 },
    );
    expect(written).toMatchObject([{ error: 0 }]);
  }

  async function producerOf(cluster: KafkaCluster, transactionalId: string): Promise<bigint> {
    const ask = { request: describeTransactions.name };
    return cluster.askCoordinator("transaction", transactionalId, ask, async (coordinator) => {
      const [state] = await cluster.control(coordinator, describeTransactions, {
        transactionalId,
      });
      return { error: state?.error ?? -1, value: state?.producerId ?? -1n };
    });
  }

  it("is committed wherever it is open, if it was the last that was committed", async () => {
    const cluster = await open();
    const [topic, other, id] = [await newTopic(cluster), await newTopic(cluster), uniqueName("id")];
    const producer = await TransactionalProducer.open(cluster, id, options);
    await producer.commit({ batches: [batchOf(await newTopic(cluster), 0, ["a"])] });
    const producerId = await producerOf(cluster, id);
    for (const each of [topic, other]) await writeAsFirst(cluster, { topic: each, id, producerId });
    await endOpenTransactions(cluster, { topic, partition: 0 }, options);
    expect(await committed(cluster, topic, 0)).toEqual(["open"]);
    expect(await committed(cluster, other, 0)).toEqual(["open"]);
    await producer.commit({ batches: [batchOf(topic, 0, ["next"])] });
    expect(await committed(cluster, topic, 0)).toEqual(["open", "next"]);
    await cluster.close();
  });

  it("is refused, where nobody can tell any more how it ended", async () => {
    const cluster = await open();
    const [topic, id] = [await newTopic(cluster), uniqueName("id")];
    const producer = await TransactionalProducer.open(cluster, id, options);
    const elsewhere = await newTopic(cluster);
    for (const value of ["a", "b"]) {
      await producer.commit({ batches: [batchOf(elsewhere, 0, [value])] });
    }
    await writeAsFirst(cluster, { topic, id, producerId: await producerOf(cluster, id) });
    const ending = endOpenTransactions(cluster, { topic, partition: 0 }, options);
    const params = { topic, partition: 0, transactionalId: id, state: "CompleteCommit" };
    await expect(ending).rejects.toMatchObject({ code: "LOG_TRANSACTION_HANGING", params });
    await cluster.close();
  });
});
