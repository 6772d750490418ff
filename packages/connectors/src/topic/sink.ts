import type { OpenTopicSink } from "@millrace/core";
import { readConfig } from "./config.ts";

/**
 * Opens a topic as a sink: only its format, the run itself writes.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID`
 */
export const openTopicSink: OpenTopicSink = async ({ options }) => {
  const { topic, format, schema, partitions, whenFresh } = readConfig(options);
  return {
    topic,
    whenFresh,
    ...(partitions === undefined ? {} : { partitions }),
    createEncoder: () => format.recordEncoder(schema),
  };
};
