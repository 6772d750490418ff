import { heartbeat } from "../requests/heartbeat.ts";
import { kafkaError } from "../requests/kafka-errors.ts";
import type { GroupMetadata } from "../requests/offset-commit.ts";
import type { KafkaCluster } from "./cluster.ts";

/**
 * Whether a membership still holds. It does while the group wants its members to join again: only
 * the new generation ends it.
 */
export async function membershipState(
  cluster: KafkaCluster,
  member: GroupMetadata,
): Promise<"current" | "stale"> {
  const options = { request: heartbeat.name };
  return cluster.askCoordinator("group", member.groupId, options, async (coordinator) => {
    const { error } = await cluster.control(coordinator, heartbeat, member);
    const { name, meaning } = kafkaError(error);
    if (name === "REBALANCE_IN_PROGRESS") return { error: 0, value: "current" };
    return meaning === "stale" ? { error: 0, value: "stale" } : { error, value: "current" };
  });
}
