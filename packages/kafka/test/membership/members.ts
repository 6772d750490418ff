import type { KafkaCluster } from "../../src/cluster/cluster.ts";
import { GroupMember, type GroupMemberOptions } from "../../src/membership/group-member.ts";
import { options } from "../broker.ts";

/** Gives every member its own id, as text. */
const assign: GroupMemberOptions["assign"] = (members) =>
  members.map(({ memberId }) => ({ memberId, assignment: Buffer.from(`for ${memberId}`) }));

/** What every member says. */
export const protocols = [{ name: "test", metadata: Buffer.from("what I have") }];

/** Remembers what a member was told. */
export class Witness {
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

/** A member with the session of a test: one and a half seconds. */
export function member(
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
