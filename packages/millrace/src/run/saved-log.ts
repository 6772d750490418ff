import { access } from "node:fs/promises";
import { type Log, millraceError } from "@millrace/core";
import { isKafkaUrl, type LogPlace, openLog } from "./open-log.ts";

/**
 * Does something with the log at a place: a directory in which one was saved, or a Kafka cluster.
 *
 * @throws FILE_NOT_FOUND when nothing was saved there; KAFKA_UNREACHABLE
 */
export async function withSavedLog<Result>(
  place: LogPlace,
  action: (log: Log) => Promise<Result>,
): Promise<Result> {
  if (typeof place === "string" && !isKafkaUrl(place)) await checkExists(place);
  const log = await openLog(place);
  try {
    return await action(log);
  } finally {
    await log.close();
  }
}

async function checkExists(path: string): Promise<void> {
  try {
    await access(path);
  } catch (error) {
    throw millraceError("FILE_NOT_FOUND", { path }, { cause: error });
  }
}
