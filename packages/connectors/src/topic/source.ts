import { millraceError, type Offset, type OpenTopicSource } from "@millrace/core";
import { findTopic, readConfig } from "./config.ts";
import { TopicReader } from "./reader.ts";

/**
 * Opens a topic of the run's log as a source; it has the topic's partitions.
 *
 * @throws MillraceError `LOG_TOPIC_UNKNOWN`, `CONNECTOR_CONFIG_INVALID`
 */
export const openTopicSource: OpenTopicSource = async (context) => {
  const { log, sourceId, schema, columns, validators, withTraces = false } = context;
  const config = readConfig(context.options);
  const { topic, format, isBounded, tombstones, offsetOutOfRange } = config;
  const info = await findTopic(log, topic);
  if (info === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
  const bounds: { start: Offset; end: Offset }[] = [];
  for (let partition = 0; partition < info.partitions; partition += 1) {
    bounds.push(await log.bounds(topic, partition));
  }
  return {
    partitionCount: info.partitions,
    isBounded,
    // Its records are none of it: a topic that has grown is still the same input.
    fingerprint: `topic ${topic} ${info.id}`,
    openReader: async (partition, position) => {
      const { start, end } = bounds[partition]!;
      return TopicReader.open({
        log,
        topic,
        sourceId,
        partition,
        start: config.startAt === "latest" ? end : start,
        ...(isBounded ? { end } : {}),
        decoder: format.recordDecoder({ schema, columns, validators }),
        withMeta: format.needsMeta === true,
        withTraces,
        tombstones,
        offsetOutOfRange,
        position,
      });
    },
    // The log is the run's.
    close: async () => undefined,
  };
};
