import { type DeadLetter, type Log, recordValue } from "@millrace/core";
import { deadLetterTopic, decodeDeadLetters } from "@millrace/runtime";
import type { LogPlace } from "./open-log.ts";
import { withSavedLog } from "./saved-log.ts";

const readBytesMax = 4 * 1024 * 1024;

/**
 * All dead letters of a pipeline's saved state, by partition, oldest first.
 *
 * @param place of the log: the pipeline's own below the state directory, or a shared one
 * @throws FILE_NOT_FOUND when nothing was saved there
 */
export async function readDeadLetters(place: LogPlace, pipeline: string): Promise<DeadLetter[]> {
  return withSavedLog(place, (log) => deadLettersOf(log, pipeline));
}

/** All dead letters that a log holds of a pipeline. */
export async function deadLettersOf(log: Log, pipeline: string): Promise<DeadLetter[]> {
  const topic = deadLetterTopic(pipeline);
  const spec = (await log.topics()).find((candidate) => candidate.name === topic);
  const letters: DeadLetter[] = [];
  for (let partition = 0; partition < (spec?.partitions ?? 0); partition += 1) {
    const { start } = await log.bounds(topic, partition);
    const reader = await log.openReader(topic, partition, start);
    try {
      for (;;) {
        const records = await reader.read(readBytesMax);
        if (records.count === 0) break;
        for (let index = 0; index < records.count; index += 1) {
          letters.push(...decodeDeadLetters(recordValue(records, index)));
        }
      }
    } finally {
      await reader.close();
    }
  }
  return letters;
}
