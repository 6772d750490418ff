import { atCrashPoints, type Log, millraceError } from "@millrace/core";
import { ownerOf } from "../diagnose/topic-report.ts";

/**
 * Removes all that a log keeps of a pipeline: its own topics, with state, progress and dead
 * letters, and its group. Topics of records stay, and so do rows in stores. Its next run starts
 * afresh.
 *
 * @param place of the log, for errors
 * @returns the names of the topics that were removed
 * @throws RUN_ALREADY_RUNNING when the group has members
 * @throws PIPELINE_NOT_SAVED when there is no topic of its own
 */
export async function removePipeline(
  log: Log,
  pipeline: string,
  place: string,
): Promise<readonly string[]> {
  const own = (await log.topics()).filter(({ name, kind }) => {
    return kind !== "records" && ownerOf(name) === pipeline;
  });
  if (own.length === 0) throw millraceError("PIPELINE_NOT_SAVED", { pipeline, path: place });
  // First: a group that somebody is a member of cannot be removed.
  const isEmpty = (await log.removeGroup?.(pipeline)) ?? true;
  if (!isEmpty) throw millraceError("RUN_ALREADY_RUNNING", { pipeline, stateDirectory: place });
  const names = own.map(({ name }) => name).toSorted();
  await atCrashPoints("delete-topics", () => log.deleteTopics(names));
  return names;
}
