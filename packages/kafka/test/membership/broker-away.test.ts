import { systemClock } from "@millrace/core";
import { expect, it } from "vitest";
import { describeWithOwnCluster } from "../../../../dev/services/describe.mjs";
import { KafkaCluster } from "../../src/cluster/cluster.ts";
import { GroupMember } from "../../src/membership/group-member.ts";

describeWithOwnCluster("A member of a group whose broker is away", { nodes: 1 }, (servers) => {
  it("joins when the broker has come back", async () => {
    const connection = { brokers: servers.brokers };
    const cluster = await KafkaCluster.connect(connection, systemClock);
    await servers.kill(1);
    const member = new GroupMember(cluster, {
      connection,
      groupId: "away",
      sessionTimeoutMs: 2000,
      rebalanceTimeoutMs: 10_000,
      progressTimeoutMs: 60_000,
      assign: (members) =>
        members.map(({ memberId }) => ({ memberId, assignment: new Uint8Array(1) })),
      onRebalance: () => undefined,
      onLost: () => undefined,
    });
    try {
      const joining = member.join([{ name: "test", metadata: new Uint8Array(0) }]);
      const [joined] = await Promise.all([joining, servers.start(1)]);
      expect(joined.assignment).toHaveLength(1);
    } finally {
      await member.leave();
      await cluster.close();
    }
  }, 120_000);
});
