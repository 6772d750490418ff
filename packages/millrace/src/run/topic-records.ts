import { createInterface } from "node:readline";
import { findTopic } from "@millrace/connectors/topic";
import { type LogWriter, millraceError, recordValue } from "@millrace/core";
import { type LogPlace, openLog } from "./open-log.ts";
import { withSavedLog } from "./saved-log.ts";

const readBytesMax = 1024 * 1024;
const commitBytes = 1024 * 1024;

/** Gives each record that a topic holds, as text. @throws LOG_TOPIC_UNKNOWN */
export async function readTopicRecords(
  place: LogPlace,
  topic: string,
  take: (record: string) => void,
): Promise<void> {
  await withSavedLog(place, async (log) => {
    const info = await findTopic(log, topic);
    if (info === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
    const decoder = new TextDecoder();
    for (let partition = 0; partition < info.partitions; partition += 1) {
      const { start, end } = await log.bounds(topic, partition);
      const reader = await log.openReader(topic, partition, start);
      while (reader.position < end) {
        const records = await reader.read(readBytesMax);
        for (let index = 0; index < records.count; index += 1) {
          take(decoder.decode(recordValue(records, index)));
        }
      }
      await reader.close();
    }
  });
}

/**
 * Appends lines as records, to the partitions in turn; empty lines are left out. Each MiB is a
 * transaction of its own.
 *
 * @returns how many
 */
export async function writeTopicRecords(
  place: LogPlace,
  topic: string,
  input: NodeJS.ReadableStream,
  partitions: number | undefined,
): Promise<number> {
  const log = await openLog(place);
  try {
    const count = partitions ?? (await findTopic(log, topic))?.partitions ?? 1;
    await log.createTopic({ name: topic, partitions: count, kind: "records" });
    return await appendLines(await log.openAppender(), topic, input, count);
  } finally {
    await log.close();
  }
}

async function appendLines(
  writer: LogWriter,
  topic: string,
  input: NodeJS.ReadableStream,
  partitions: number,
): Promise<number> {
  // Made only now: lines that come before somebody waits for them are lost.
  const lines = createInterface({ input });
  const encoder = new TextEncoder();
  let records = 0;
  for await (const line of lines) {
    if (line.trim() === "") continue;
    writer.append(topic, records % partitions, encoder.encode(line));
    records += 1;
    if (writer.pendingBytes >= commitBytes) await writer.commit();
  }
  await writer.commit();
  return records;
}
