import {
  atCrashPoints,
  type Log,
  millraceError,
  type TopicInfo,
  type TopicSink,
} from "@millrace/core";

/**
 * Makes the topics that are sinks, and empties those that a fresh start replaces. Safe to repeat.
 *
 * @param partitionsDefault of a new topic whose descriptor does not say
 * @returns ids of the topics, by name
 * @throws LOG_TOPIC_MISMATCH; CONNECTOR_CONFIG_INVALID when a topic is a pipeline's own
 */
export async function prepareSinkTopics(
  log: Log,
  sinks: ReadonlyMap<string, TopicSink>,
  partitionsDefault: number,
): Promise<Record<string, string>> {
  const replaced = new Set<string>();
  for (const { topic, whenFresh } of sinks.values()) {
    const known = await findTopic(log, topic);
    if (known === undefined || whenFresh === "append") continue;
    replaced.add(topic);
  }
  await atCrashPoints("delete-topics", () => log.deleteTopics([...replaced]));
  for (const { topic, partitions } of sinks.values()) {
    const known = await findTopic(log, topic);
    const count = partitions ?? known?.partitions ?? partitionsDefault;
    const spec = { name: topic, partitions: count, kind: "records" } as const;
    await atCrashPoints("create-topic", () => log.createTopic(spec));
  }
  const topics = await topicsByName(log, sinks);
  return Object.fromEntries([...topics].map(([name, { id }]) => [name, id]));
}

/** The topics that are sinks, by name. @throws LOG_TOPIC_UNKNOWN */
export async function topicsByName(
  log: Log,
  sinks: ReadonlyMap<string, TopicSink>,
): Promise<Map<string, TopicInfo>> {
  const topics = new Map<string, TopicInfo>();
  for (const { topic } of sinks.values()) {
    const info = await findTopic(log, topic);
    if (info === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
    topics.set(topic, info);
  }
  return topics;
}

/** Says which topic was made anew since the pipeline began: what it had written is lost. */
export async function changedTopic(
  log: Log,
  sinks: ReadonlyMap<string, TopicSink>,
  last: { readonly topics?: Readonly<Record<string, string>> },
): Promise<string | undefined> {
  for (const [name, { id }] of await topicsByName(log, sinks)) {
    if (last.topics?.[name] !== id) return `the topic ${name} was deleted and made anew`;
  }
  return undefined;
}

async function findTopic(log: Log, topic: string): Promise<TopicInfo | undefined> {
  const info = (await log.topics()).find((candidate) => candidate.name === topic);
  if (info === undefined || info.kind === "records") return info;
  const problem = `the topic ${topic} is a pipeline's own`;
  throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "topic", problem });
}
