import { basename, dirname, resolve } from "node:path";
import type { Log } from "@millrace/core";
import {
  isStateLocked,
  lockState,
  removePipeline,
  reportTopics,
  type TopicsReport,
} from "@millrace/runtime";
import type { LogPlace } from "./open-log.ts";
import { withSavedLog } from "./saved-log.ts";

/**
 * The topics of the log at a place, also while pipelines run on it.
 *
 * @throws FILE_NOT_FOUND when nothing was saved there; KAFKA_UNREACHABLE
 */
export function readTopicsReport(place: LogPlace): Promise<TopicsReport> {
  return withSavedLog(place, (log) => reportTopics(log, (name) => isRunning(log, place, name)));
}

async function isRunning(log: Log, place: LogPlace, pipeline: string): Promise<boolean> {
  if (typeof place !== "string") return (await log.hasMembers?.(pipeline)) === true;
  const locked = lockPlaces(place, pipeline).map((each) => isStateLocked(each, pipeline));
  return (await Promise.all(locked)).includes(true);
}

/**
 * Removes what the log at a place keeps of a pipeline.
 *
 * @param name of the place, for errors
 * @returns the names of the topics that were removed
 * @throws RUN_ALREADY_RUNNING, PIPELINE_NOT_SAVED, FILE_NOT_FOUND
 */
export function removeSaved(
  place: LogPlace,
  pipeline: string,
  name: string,
): Promise<readonly string[]> {
  return withSavedLog(place, async (log) => {
    if (typeof place !== "string") return removePipeline(log, pipeline, name);
    const locks: (() => Promise<void>)[] = [];
    try {
      for (const each of lockPlaces(place, pipeline)) locks.push(await lockState(each, pipeline));
      return await removePipeline(log, pipeline, name);
    } finally {
      for (const unlock of locks) await unlock();
    }
  });
}

/** A run locks the directory of a log, or that of all states, in which it has one of its name. */
function lockPlaces(directory: string, pipeline: string): string[] {
  const path = resolve(directory);
  return basename(path) === pipeline ? [path, dirname(path)] : [path];
}
