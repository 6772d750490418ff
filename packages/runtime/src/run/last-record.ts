import {
  isMillraceError,
  type Log,
  type LogRecords,
  type Offset,
  offset,
  recordValue,
} from "@millrace/core";

const readBytesMax = 1024 * 1024;

/**
 * The last record of a partition, copied from nothing; undefined where there is none. A log may
 * have marks of its own at its end, so it looks further and further back.
 */
export async function readLastRecord(
  log: Log,
  topic: string,
  partition: number,
): Promise<Uint8Array | undefined> {
  for (;;) {
    const { start, end } = await log.bounds(topic, partition);
    try {
      return await searchBackwards(log, { topic, partition, start, end });
    } catch (error) {
      // Another process has just truncated the topic: what is last now came after that.
      if (!isMillraceError(error) || error.code !== "LOG_OFFSET_OUT_OF_RANGE") throw error;
    }
  }
}

async function searchBackwards(
  log: Log,
  place: { topic: string; partition: number; start: Offset; end: Offset },
): Promise<Uint8Array | undefined> {
  const { topic, partition, start, end } = place;
  if (start === end) return undefined;
  for (let back = 1n; ; back *= 8n) {
    const from = end - back < start ? start : offset(end - back);
    const records = await lastRecords(log, { topic, partition, from, end });
    if (records !== undefined) return recordValue(records, records.count - 1);
    if (from === start) return undefined;
  }
}

/** The last records that a reader gives before `end`; undefined where it gives none. */
async function lastRecords(
  log: Log,
  place: { topic: string; partition: number; from: Offset; end: Offset },
): Promise<LogRecords | undefined> {
  const reader = await log.openReader(place.topic, place.partition, place.from);
  let last: LogRecords | undefined;
  try {
    while (reader.position < place.end) {
      const records = await reader.read(readBytesMax);
      if (records.count > 0) last = records;
    }
  } finally {
    await reader.close();
  }
  return last;
}
