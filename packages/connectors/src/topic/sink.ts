import type { OpenTopicSink } from "@millrace/core";
import { readConfig } from "./config.ts";
import { partitionByKey } from "./partition-by-key.ts";

/**
 * Opens a topic as a sink: only its format, the run itself writes. A schema that the format
 * registers is registered here, before anything is written.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID`, and what registering throws
 */
export const openTopicSink: OpenTopicSink = async ({ options }) => {
  const { topic, format, schema, partitions, whenFresh, partitionBy } = readConfig(options);
  await format.prepareEncoding?.(schema);
  return {
    topic,
    whenFresh,
    ...(partitions === undefined ? {} : { partitions }),
    ...(partitionBy === "record-key" ? { choosePartitions: partitionByKey } : {}),
    createEncoder: () => format.recordEncoder(schema),
  };
};
