import { systemClock } from "@millrace/core";
import { expect, it } from "vitest";
import { KafkaCluster } from "../../src/cluster/cluster.ts";
import { GroupMember, type GroupMemberOptions } from "../../src/membership/group-member.ts";
import { describeGroups } from "../../src/requests/describe-groups.ts";
import { describeWithBroker, options, uniqueName, withCluster } from "../broker.ts";

/** Gives every member its own id, as text. */
const assign: GroupMemberOptions["assign"] = (members) =>
  members.map(({ memberId }) => ({ memberId, assignment: Buffer.from(`for ${memberId}`) }));

const protocols = [{ name: "test", metadata: Buffer.from("what I have") }];

class Witness {
  readonly events: string[] = [];
  private wake: () => void = () => undefined;

  note(event: string): void {
    this.events.push(event);
    this.wake();
  }

  async until(event: string): Promise<void> {
    while (!this.events.includes(event)) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

function member(
  cluster: KafkaCluster,
  groupId: string,
  witness: Witness,
  more: Partial<GroupMemberOptions> = {},
): GroupMember {
  return new GroupMember(cluster, {
    connection: options,
    groupId,
    sessionTimeoutMs: 1500,
    rebalanceTimeoutMs: 10_000,
    progressTimeoutMs: 60_000,
    assign,
    onRebalance: () => witness.note("rebalance"),
    onLost: () => witness.note("lost"),
    ...more,
  });
}

async function membersOf(cluster: KafkaCluster, groupId: string): Promise<string[]> {
  const options = { request: describeGroups.name };
  return cluster.askCoordinator("group", groupId, options, async (coordinator) => {
    const [group] = await cluster.control(coordinator, describeGroups, { groupId });
    return { error: group?.error ?? -1, value: group?.members.map((m) => m.memberId) ?? [] };
  });
}

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
      expect(await membersOf(cluster, groupId)).toEqual([memberId]);
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
