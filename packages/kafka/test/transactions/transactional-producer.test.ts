import { describe, expect, it } from "vitest";
import type { KafkaCluster } from "../../src/cluster/cluster.ts";
import { commitGroupOffsets, groupOffsets } from "../../src/cluster/group-offsets.ts";
import { TransactionalProducer } from "../../src/transactions/transactional-producer.ts";
import { describeWithBroker, newTopic, uniqueName, withCluster } from "../broker.ts";
import { batchOf } from "./batch.ts";
import { committed } from "./committed.ts";

describeWithBroker("a producer", () => {
  describe.each(["kip-890", "classic"] as const)("by %s", (protocol) => {
    const open = (cluster: KafkaCluster, id: string, transactionTimeoutMs = 10_000) =>
      TransactionalProducer.open(cluster, id, { transactionTimeoutMs, protocol });

    it("commits batches of several partitions, in order, over several transactions", () =>
      withCluster(async (cluster) => {
        const topic = await newTopic(cluster, 2);
        const producer = await open(cluster, uniqueName("id"));
        for (const [index, round] of ["a", "b", "c"].entries()) {
          const batches = [
            batchOf(topic, 0, [`${round}1`, `${round}2`]),
            batchOf(topic, 1, [`${round}3`]),
            batchOf(topic, 0, [`${round}4`]),
          ];
          // Each transaction has left its marker in both partitions.
          const ends = [
            { topic, partition: 0, end: BigInt(index * 4 + 3) },
            { topic, partition: 1, end: BigInt(index * 2 + 1) },
          ];
          const outcome = await producer.commit({ batches });
          expect(outcome).toEqual({ kind: "committed", ends: expect.arrayContaining(ends) });
        }
        const expected = ["a1", "a2", "a4", "b1", "b2", "b4", "c1", "c2", "c4"];
        expect(await committed(cluster, topic, 0)).toEqual(expected);
        expect(await committed(cluster, topic, 1)).toEqual(["a3", "b3", "c3"]);
      }));

    it("commits nothing as a success without a request", () =>
      withCluster(async (cluster) => {
        const producer = await open(cluster, uniqueName("id"));
        expect(await producer.commit()).toEqual({ kind: "committed", ends: [] });
        expect(await producer.abort()).toBeUndefined();
      }));

    it("aborts what was sent, and goes on", () =>
      withCluster(async (cluster) => {
        const topic = await newTopic(cluster);
        const producer = await open(cluster, uniqueName("id"));
        expect(await producer.send([batchOf(topic, 0, ["gone"])])).toBeUndefined();
        expect(await producer.abort()).toBeUndefined();
        expect(await committed(cluster, topic, 0)).toEqual([]);
        const outcome = await producer.commit({ batches: [batchOf(topic, 0, ["kept"])] });
        const ends = [{ topic, partition: 0, end: 3n }];
        expect(outcome).toEqual({ kind: "committed", ends });
        expect(await committed(cluster, topic, 0)).toEqual(["kept"]);
      }));

    it("is fenced by a newer one of its id", () =>
      withCluster(async (cluster) => {
        const topic = await newTopic(cluster);
        const id = uniqueName("id");
        const old = await open(cluster, id);
        await old.send([batchOf(topic, 0, ["old"])]);
        const newer = await open(cluster, id);
        const batches = [batchOf(topic, 0, ["old too"])];
        expect(await old.commit({ batches })).toMatchObject({ kind: "fenced" });
        expect(old.isDone).toBe(true);
        expect(await old.commit()).toMatchObject({ kind: "fenced" });
        expect(await newer.commit({ batches: [batchOf(topic, 0, ["new"])] })).toMatchObject({
          kind: "committed",
        });
      }));

    it("can ask whether it is fenced, within a transaction and after it", () =>
      withCluster(async (cluster) => {
        const topic = await newTopic(cluster);
        const id = uniqueName("id");
        const old = await open(cluster, id);
        expect(await old.isFenced()).toBe(false);
        await old.send([batchOf(topic, 0, ["one"])]);
        expect(await old.isFenced()).toBe(false);
        for (const value of ["two", "three"]) {
          const outcome = await old.commit({ batches: [batchOf(topic, 0, [value])] });
          expect(outcome).toMatchObject({ kind: "committed" });
          expect(await old.isFenced()).toBe(false);
        }
        const newer = await open(cluster, id);
        expect([await old.isFenced(), await newer.isFenced()]).toEqual([true, false]);
        expect(old.isDone).toBe(false);
      }));

    it("is fenced at the end of its transaction as well", () =>
      withCluster(async (cluster) => {
        const topic = await newTopic(cluster);
        const id = uniqueName("id");
        const old = await open(cluster, id);
        await old.send([batchOf(topic, 0, ["old"])]);
        await open(cluster, id);
        expect(await old.commit()).toMatchObject({ kind: "fenced" });
        expect(await committed(cluster, topic, 0)).toEqual([]);
      }));

    it("is aborted when its transaction takes too long", () =>
      withCluster(async (cluster) => {
        const topic = await newTopic(cluster);
        const producer = await open(cluster, uniqueName("id"), 1000);
        await producer.send([batchOf(topic, 0, ["late"])]);
        await cluster.clock.sleep(4000);
        expect(await producer.commit()).toMatchObject({ kind: "aborted" });
        expect(await committed(cluster, topic, 0)).toEqual([]);
      }));

    it("moves offsets with the transaction, and refuses a generation that is over", () =>
      withCluster(async (cluster) => {
        const topic = await newTopic(cluster);
        const producer = await open(cluster, uniqueName("id"));
        const groupId = uniqueName("group");
        const outsider = { groupId, generation: -1, memberId: "" };
        await commitGroupOffsets(cluster, outsider, [{ topic, partition: 0, offset: 1n }]);
        const offsets = [{ topic, partition: 0, offset: 7n, metadata: "seven" }];
        const outcome = await producer.commit({ offsets: { group: outsider, offsets } });
        expect(outcome).toEqual({ kind: "committed", ends: [] });
        expect(await groupOffsets(cluster, groupId)).toMatchObject([
          { topic, partition: 0, offset: 7n, metadata: "seven" },
        ]);
        const group = { groupId, generation: 3, memberId: "nobody" };
        const batches = [batchOf(topic, 0, ["stale"])];
        expect(await producer.commit({ batches, offsets: { group, offsets } })).toMatchObject({
          kind: "stale-generation",
        });
        expect(await committed(cluster, topic, 0)).toEqual([]);
        expect(producer.isDone).toBe(false);
        const again = { batches: [batchOf(topic, 0, ["again"])] };
        expect(await producer.commit(again)).toMatchObject({ kind: "committed" });
        expect(await committed(cluster, topic, 0)).toEqual(["again"]);
      }));
  });
});
