import { type Log, recordValue } from "@millrace/core";
import { endedTopic } from "../control-record.ts";

const readBytesMax = 1024 * 1024;

/** What a run has processed to the end, of those that share a generation. */
interface EndedRecord {
  readonly generation: number;
  readonly partitions: readonly number[];
}

/** Tells the other runs of a group that all tasks of some partitions have ended. */
export async function tellEnded(log: Log, pipeline: string, ended: EndedRecord): Promise<void> {
  // Nobody need be fenced: what has ended has ended, whoever says so.
  const writer = await log.openAppender();
  try {
    writer.append(endedTopic(pipeline), 0, new TextEncoder().encode(JSON.stringify(ended)));
    await writer.commit();
  } finally {
    await writer.close();
  }
}

/** The partitions of which some run has told, in a generation. */
export async function readEnded(
  log: Log,
  pipeline: string,
  generation: number,
): Promise<Set<number>> {
  const ended = new Set<number>();
  const topic = endedTopic(pipeline);
  const { start, end } = await log.bounds(topic, 0);
  const reader = await log.openReader(topic, 0, start);
  try {
    while (reader.position < end) {
      const records = await reader.read(readBytesMax);
      for (let index = 0; index < records.count; index += 1) {
        const text = new TextDecoder().decode(recordValue(records, index));
        const record = JSON.parse(text) as EndedRecord;
        if (record.generation !== generation) continue;
        for (const partition of record.partitions) ended.add(partition);
      }
    }
  } finally {
    await reader.close();
  }
  return ended;
}
