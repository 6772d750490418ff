import { access } from "node:fs/promises";
import { type Log, millraceError } from "@millrace/core";
import { openLmdbLog } from "@millrace/log";

/**
 * Does something with the log that was saved in a directory.
 *
 * @throws FILE_NOT_FOUND when nothing was saved there
 */
export async function withSavedLog<Result>(
  directory: string,
  action: (log: Log) => Promise<Result>,
): Promise<Result> {
  try {
    await access(directory);
  } catch (error) {
    throw millraceError("FILE_NOT_FOUND", { path: directory }, { cause: error });
  }
  const log = await openLmdbLog({ directory });
  try {
    return await action(log);
  } finally {
    await log.close();
  }
}
