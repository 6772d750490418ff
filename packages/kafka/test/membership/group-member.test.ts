import { systemClock } from "@millrace/core";
import { expect, it } from "vitest";
import { KafkaCluster } from "../../src/cluster/cluster.ts";
import { membersOf } from "../../src/cluster/group-members.ts";
import { describeWithBroker, options, uniqueName, withCluster } from "../broker.ts";
import { member, protocols, Witness } from "./members.ts";

/** Keeps the main thread from doing anything. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describeWithBroker("a member of a group", () => {
  it("leads, shares with a second member, and gets the first one's part when that leaves", () =>
    withCluster(async (cluster) => {
      const groupId = uniqueName("group");
      const [one, two] = [new Witness(), new Witness()];
      const first = member(cluster, groupId, one);
      const process = await KafkaCluster.connect(options, systemClock);
      const other = member(process, groupId, two);
      try {
        const alone = await first.join(protocols);
        expect(alone).toMatchObject({ generation: 1, isLeader: true, protocol: "test" });
        expect(Buffer.from(alone.assignment).toString()).toBe(`for ${alone.memberId}`);

        const joining = other.join(protocols);
        await one.until("rebalance");
        const [a, b] = await Promise.all([first.join(protocols), joining]);
        expect(a).toMatchObject({ generation: 2, memberId: alone.memberId, isLeader: true });
        expect(b).toMatchObject({ generation: 2, isLeader: false });
        expect(Buffer.from(b.assignment).toString()).toBe(`for ${b.memberId}`);

        await first.leave();
        await two.until("rebalance");
        expect(await other.join(protocols)).toMatchObject({ generation: 3, isLeader: true });
        expect([one.events, two.events]).toEqual([["rebalance"], ["rebalance"]]);
      } finally {
        await first.close();
        await other.leave();
        await process.close();
      }
    }));

  it("keeps its membership while the main thread is blocked for longer than a session", () =>
    withCluster(async (cluster) => {
      const groupId = uniqueName("group");
      const witness = new Witness();
      const busy = member(cluster, groupId, witness);
      const { memberId } = await busy.join(protocols);
      block(4000);
      const [only, ...more] = await membersOf(cluster, groupId);
      expect([only?.memberId, more]).toEqual([memberId, []]);
      expect(witness.events).toEqual([]);
      await busy.leave();
      expect(await membersOf(cluster, groupId)).toEqual([]);
    }));

  it("gives its membership up when the main thread makes no progress", () =>
    withCluster(async (cluster) => {
      const groupId = uniqueName("group");
      const witness = new Witness();
      const stuck = member(cluster, groupId, witness, { progressTimeoutMs: 1500 });
      await stuck.join(protocols);
      block(4000);
      expect(await membersOf(cluster, groupId)).toEqual([]);
      await witness.until("lost");
      expect(await stuck.join(protocols)).toMatchObject({ isLeader: true });
      await stuck.leave();
    }));

  it("keeps its place as an instance, and is fenced by another of the same name", () =>
    withCluster(async (cluster) => {
      const groupId = uniqueName("group");
      const [one, two] = [new Witness(), new Witness()];
      const more = { groupInstanceId: "instance", sessionTimeoutMs: 10_000 };
      const first = member(cluster, groupId, one, { ...more, sessionTimeoutMs: 1500 });
      const { generation } = await first.join(protocols);
      const second = member(cluster, groupId, two, more);
      const again = await second.join(protocols);
      expect(again.generation).toBe(generation);
      await one.until("lost");
      await first.close();
      await second.leave();
    }));
});
