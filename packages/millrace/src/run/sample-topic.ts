import { type Json, type Log, millraceError, offset, recordValue } from "@millrace/core";
import { findTopic } from "@millrace/connectors/topic";
import { type LogPlace } from "./open-log.ts";
import { withSavedLog } from "./saved-log.ts";

type JsonObject = { readonly [name: string]: Json };

/** Offsets before the end of each partition that are looked at. */
const offsetsMax = 500n;
const readBytesMax = 1024 * 1024;

/**
 * The newest records of a topic that are JSON objects, some of each partition.
 *
 * @throws LOG_TOPIC_UNKNOWN; COMMAND_LINE_INVALID when there is none
 */
export function sampleTopic(place: LogPlace, topic: string): Promise<readonly JsonObject[]> {
  return withSavedLog(place, async (log) => {
    const info = await findTopic(log, topic);
    if (info === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
    const samples: JsonObject[] = [];
    let hasSchemaIds = false;
    for (let partition = 0; partition < info.partitions; partition += 1) {
      for await (const value of newestValues(log, topic, partition)) {
        // Records of a registry begin with a zero byte.
        hasSchemaIds ||= value[0] === 0;
        const sample = jsonObject(value);
        if (sample !== undefined) samples.push(sample);
      }
    }
    if (samples.length > 0) return samples;
    const problem = hasSchemaIds
      ? `records of ${topic} have schema ids: --registry must say which registry has their schema`
      : `${topic} has no records that are JSON objects`;
    throw millraceError("COMMAND_LINE_INVALID", { problem });
  });
}

async function* newestValues(
  log: Log,
  topic: string,
  partition: number,
): AsyncGenerator<Uint8Array> {
  const { start, end } = await log.bounds(topic, partition);
  const from = end - offsetsMax > start ? offset(end - offsetsMax) : start;
  const reader = await log.openReader(topic, partition, from);
  try {
    while (reader.position < end) {
      const records = await reader.read(readBytesMax);
      for (let index = 0; index < records.count; index += 1) {
        if ((records.valueLength[index] ?? -1) >= 0) yield recordValue(records, index);
      }
    }
  } finally {
    await reader.close();
  }
}

function jsonObject(value: Uint8Array): JsonObject | undefined {
  try {
    const read = JSON.parse(new TextDecoder().decode(value)) as Json;
    const isObject = typeof read === "object" && read !== null && !Array.isArray(read);
    return isObject ? (read as JsonObject) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
