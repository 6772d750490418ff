import { expect, it } from "vitest";
import type { KafkaCluster } from "../../src/cluster/cluster.ts";
import { membersOf, removeMembers } from "../../src/cluster/group-members.ts";
import { membershipState } from "../../src/cluster/membership-state.ts";
import type { JoinedGroup } from "../../src/membership/group-member.ts";
import { describeWithBroker, uniqueName, withCluster } from "../broker.ts";
import { member, protocols, Witness } from "../membership/members.ts";

/** Long enough for a busy machine: nobody is to be given up. */
const session = { sessionTimeoutMs: 6000 };

/** Members that join wait in their connection: each needs a cluster of its own. */
function withClusters(body: (one: KafkaCluster, two: KafkaCluster) => Promise<void>) {
  return withCluster((one) => withCluster((two) => body(one, two)));
}

describeWithBroker("the members of a group", () => {
  it("are none where there is no group", () =>
    withCluster(async (cluster) => {
      const groupId = uniqueName("group");
      expect(await membersOf(cluster, groupId)).toEqual([]);
      expect(await removeMembers(cluster, groupId)).toBeUndefined();
      const outsider = { groupId, generation: 1, memberId: "nobody" };
      expect(await membershipState(cluster, outsider)).toBe("stale");
    }));

  it("are shown with what they say and were given, and can be sent away", () =>
    withClusters(async (cluster, process) => {
      const groupId = uniqueName("group");
      const [one, two] = [new Witness(), new Witness()];
      const first = member(cluster, groupId, one, session);
      const second = member(process, groupId, two, { ...session, groupInstanceId: "instance" });
      await first.join(protocols);
      const joining = second.join(protocols);
      await one.until("rebalance");
      const [a, b] = await Promise.all([first.join(protocols), joining]);

      const found = new Map((await membersOf(cluster, groupId)).map((m) => [m.memberId, m]));
      expect([...found.keys()].toSorted()).toEqual([a.memberId, b.memberId].toSorted());
      for (const { memberId, assignment } of [a, b]) {
        const { metadata, assignment: given } = found.get(memberId) ?? {};
        expect(Buffer.from(metadata ?? []).toString()).toBe("what I have");
        expect(Buffer.from(given ?? [])).toEqual(Buffer.from(assignment));
      }
      expect(found.get(a.memberId)?.groupInstanceId).toBe(null);
      expect(found.get(b.memberId)?.groupInstanceId).toBe("instance");

      await removeMembers(cluster, groupId);
      expect(await membersOf(cluster, groupId)).toEqual([]);
      await Promise.all([one.until("lost"), two.until("lost")]);
      await Promise.all([first.close(), second.close()]);
    }));

  it("hold until the group has gone on without them", () =>
    withClusters(async (cluster, process) => {
      const groupId = uniqueName("group");
      const one = new Witness();
      const first = member(cluster, groupId, one, session);
      const second = member(process, groupId, new Witness(), session);
      const stateOf = ({ generation, memberId }: JoinedGroup) =>
        membershipState(cluster, { groupId, generation, memberId });

      const alone = await first.join(protocols);
      expect(await stateOf(alone)).toBe("current");
      const joining = second.join(protocols);
      await one.until("rebalance");
      expect(await stateOf(alone)).toBe("current");
      const [again] = await Promise.all([first.join(protocols), joining]);
      expect([await stateOf(alone), await stateOf(again)]).toEqual(["stale", "current"]);
      await Promise.all([first.leave(), second.leave()]);
      expect(await stateOf(again)).toBe("stale");
    }));
});
