import { millraceError } from "@millrace/core";
import type { TopicPartition } from "../requests/by-topic.ts";
import { createTopics, type NewTopic } from "../requests/create-topics.ts";
import { deleteRecords, type DeletedRecords } from "../requests/delete-records.ts";
import { deleteTopics } from "../requests/delete-topics.ts";
import { describeConfigs } from "../requests/describe-configs.ts";
import { kafkaError } from "../requests/kafka-errors.ts";
import {
  type Isolation,
  type ListedOffset,
  listOffsets,
  type OffsetAt,
} from "../requests/list-offsets.ts";
import type { KafkaCluster } from "./cluster.ts";
import { refusedByKafka, retryDelayMs } from "./retry.ts";
import type { KafkaTopic } from "./topology.ts";

const brokerTimeoutMs = 8_000;

/** How long a new topic may be unknown to the brokers that are asked. */
const appearMaxMs = 15_000;

/**
 * Makes a topic and waits until each of its partitions has a leader; the topic as it is where one
 * of that name was there before.
 *
 * @throws KAFKA_REQUEST_REFUSED
 */
export async function createTopic(cluster: KafkaCluster, topic: NewTopic): Promise<KafkaTopic> {
  const request = { topics: [topic], timeoutMs: brokerTimeoutMs };
  const created = await cluster.askAny(createTopics.name, async (broker) => {
    const [result] = await cluster.control(broker, createTopics, request);
    const { error, message } = result ?? { error: -1, message: null };
    const isThere = kafkaError(error).name === "TOPIC_ALREADY_EXISTS";
    const said = `${(message ?? kafkaError(error).text).replace(/\.\s*$/, "")} (${topic.name})`;
    return { error: isThere ? 0 : error, message: said, value: isThere ? undefined : result };
  });
  const found = await appeared(cluster, topic.name, created?.id);
  for (const { partition } of found.partitions) await cluster.leaderOf(topic.name, partition);
  return found;
}

/** Waits until brokers know a topic, and not one of the same name that it has replaced. */
async function appeared(
  cluster: KafkaCluster,
  name: string,
  id: string | undefined,
): Promise<KafkaTopic> {
  const start = cluster.clock.monotonicMs();
  for (let attempt = 0; ; attempt++) {
    await cluster.leaderOf(name, 0);
    const topic = cluster.knownTopic(name);
    if (topic !== undefined && (id === undefined || topic.id === id)) return topic;
    cluster.forgetTopics([name]);
    const waitedMs = cluster.clock.monotonicMs() - start;
    if (waitedMs > appearMaxMs) {
      const error = "UNKNOWN_TOPIC_OR_PARTITION";
      throw millraceError("KAFKA_NOT_READY", { request: createTopics.name, error, waitedMs });
    }
    await cluster.clock.sleep(retryDelayMs(attempt));
  }
}

/**
 * Removes topics with all their records, and waits until brokers do not tell of them any more;
 * unknown names are ignored.
 */
export async function deleteTopicsOf(
  cluster: KafkaCluster,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  const known = names.map((name) => cluster.knownTopic(name)?.id);
  const ids = new Set(known.filter((id) => id !== undefined));
  const request = { names, timeoutMs: brokerTimeoutMs };
  await cluster.askAny(deleteTopics.name, async (broker) => {
    const results = await cluster.control(broker, deleteTopics, request);
    const failed = results.find(({ error }) => error !== 0 && !isUnknown(error));
    return { error: failed?.error ?? 0, message: failed?.message ?? null, value: undefined };
  });
  cluster.forgetTopics(names);
  await disappeared(cluster, ids);
}

async function disappeared(cluster: KafkaCluster, ids: ReadonlySet<string>): Promise<void> {
  const start = cluster.clock.monotonicMs();
  for (let attempt = 0; ; attempt++) {
    const topics = await cluster.topics();
    if (!topics.some(({ id }) => ids.has(id))) return;
    const waitedMs = cluster.clock.monotonicMs() - start;
    if (waitedMs > appearMaxMs) {
      const error = "the topics are still there";
      throw millraceError("KAFKA_NOT_READY", { request: deleteTopics.name, error, waitedMs });
    }
    await cluster.clock.sleep(retryDelayMs(attempt));
  }
}

/** Removes the records before an offset of each partition. */
export async function deleteRecordsBefore(
  cluster: KafkaCluster,
  partitions: readonly (TopicPartition & { readonly offset: bigint })[],
): Promise<readonly DeletedRecords[]> {
  return cluster.askLeaders(partitions, { request: deleteRecords.name }, (leader, entries) =>
    cluster.control(leader, deleteRecords, { partitions: entries, timeoutMs: brokerTimeoutMs }),
  );
}

/** Finds offsets of partitions. @throws LOG_TOPIC_UNKNOWN */
export async function listOffsetsOf(
  cluster: KafkaCluster,
  isolation: Isolation,
  partitions: readonly (TopicPartition & { readonly at: OffsetAt })[],
): Promise<readonly ListedOffset[]> {
  return cluster.askLeaders(partitions, { request: listOffsets.name }, (leader, entries) =>
    cluster.control(leader, listOffsets, { isolation, partitions: entries }),
  );
}

/** A topic's settings by name. @throws LOG_TOPIC_UNKNOWN */
export async function topicConfigs(
  cluster: KafkaCluster,
  topic: string,
): Promise<ReadonlyMap<string, string | null>> {
  return cluster.askAny(describeConfigs.name, async (broker) => {
    const request = { resource: "topic", name: topic } as const;
    const [result] = await cluster.control(broker, describeConfigs, request);
    if (result === undefined) throw refusedByKafka(describeConfigs.name, kafkaError(-1));
    if (isUnknown(result.error)) throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
    return { error: result.error, message: result.message, value: result.configs };
  });
}

function isUnknown(error: number): boolean {
  return kafkaError(error).name === "UNKNOWN_TOPIC_OR_PARTITION";
}
