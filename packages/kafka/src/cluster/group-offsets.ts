import type { TopicPartition } from "../requests/by-topic.ts";
import { type GroupMetadata, type GroupOffset, offsetCommit } from "../requests/offset-commit.ts";
import { type CommittedOffset, offsetFetch } from "../requests/offset-fetch.ts";
import type { KafkaCluster } from "./cluster.ts";

/**
 * A group's offsets; of all partitions that have one, where `partitions` is absent. An offset that
 * a transaction is moving is waited for.
 */
export async function groupOffsets(
  cluster: KafkaCluster,
  groupId: string,
  partitions?: readonly TopicPartition[],
): Promise<readonly CommittedOffset[]> {
  const request = partitions === undefined ? { groupId } : { groupId, partitions };
  return cluster.askCoordinator("group", groupId, { request: offsetFetch.name }, async (broker) => {
    const [group] = await cluster.control(broker, offsetFetch, request);
    const failed = group?.offsets.find(({ error }) => error !== 0);
    const error = group === undefined ? -1 : group.error || (failed?.error ?? 0);
    return { error, value: group?.offsets ?? [] };
  });
}

/** Moves a group's offsets outside of transactions. @throws KAFKA_REQUEST_REFUSED */
export async function commitGroupOffsets(
  cluster: KafkaCluster,
  member: GroupMetadata,
  offsets: readonly GroupOffset[],
): Promise<void> {
  const { groupId } = member;
  const options = { request: offsetCommit.name };
  await cluster.askCoordinator("group", groupId, options, async (broker) => {
    const results = await cluster.control(broker, offsetCommit, { ...member, offsets });
    return { error: results.find(({ error }) => error !== 0)?.error ?? 0, value: undefined };
  });
}
