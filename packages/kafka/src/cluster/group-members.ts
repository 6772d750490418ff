import { deleteGroups } from "../requests/delete-groups.ts";
import { type DescribedMember, describeGroups } from "../requests/describe-groups.ts";
import { kafkaError } from "../requests/kafka-errors.ts";
import { leaveGroup } from "../requests/leave-group.ts";
import type { KafkaCluster } from "./cluster.ts";

/** The members of a group now; none of a group that is not there. */
export async function membersOf(
  cluster: KafkaCluster,
  groupId: string,
): Promise<readonly DescribedMember[]> {
  const options = { request: describeGroups.name };
  return cluster.askCoordinator("group", groupId, options, async (coordinator) => {
    const [group] = await cluster.control(coordinator, describeGroups, { groupId });
    const error = group?.error ?? -1;
    const isMissing = kafkaError(error).name === "GROUP_ID_NOT_FOUND";
    return { error: isMissing ? 0 : error, value: group?.members ?? [] };
  });
}

/** Sends all members of a group away. */
export async function removeMembers(cluster: KafkaCluster, groupId: string): Promise<void> {
  for (const member of await membersOf(cluster, groupId)) await sendAway(cluster, groupId, member);
}

/** Sends a member of a group away, if it is one. */
export async function removeMember(
  cluster: KafkaCluster,
  groupId: string,
  memberId: string,
): Promise<void> {
  const members = await membersOf(cluster, groupId);
  const member = members.find((each) => each.memberId === memberId);
  if (member !== undefined) await sendAway(cluster, groupId, member);
}

async function sendAway(
  cluster: KafkaCluster,
  groupId: string,
  { memberId, groupInstanceId }: DescribedMember,
): Promise<void> {
  const member = { groupId, memberId, ...(groupInstanceId === null ? {} : { groupInstanceId }) };
  const options = { request: leaveGroup.name };
  await cluster.askCoordinator("group", groupId, options, async (coordinator) => {
    const { error } = await cluster.control(coordinator, leaveGroup, member);
    return { error: kafkaError(error).meaning === "stale" ? 0 : error, value: undefined };
  });
}

/** Removes a group with its offsets, if it is there. @returns false when it has members */
export async function deleteGroup(cluster: KafkaCluster, groupId: string): Promise<boolean> {
  const options = { request: deleteGroups.name };
  return cluster.askCoordinator("group", groupId, options, async (coordinator) => {
    const { error } = await cluster.control(coordinator, deleteGroups, { groupId });
    const { name } = kafkaError(error);
    if (name === "NON_EMPTY_GROUP") return { error: 0, value: false };
    return { error: name === "GROUP_ID_NOT_FOUND" ? 0 : error, value: true };
  });
}
