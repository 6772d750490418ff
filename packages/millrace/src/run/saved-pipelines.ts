import { access, readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { SavedPipeline } from "@millrace/cli";
import { millraceError } from "@millrace/core";
import { openLmdbLog } from "@millrace/log";
import { isStateLocked, type StuckReport, whyStuck } from "@millrace/runtime";

/**
 * The pipelines that a state directory holds; the directory of one pipeline's state stands for that
 * pipeline.
 *
 * @throws FILE_NOT_FOUND when there is no such directory
 */
export async function savedPipelines(directory: string): Promise<SavedPipeline[]> {
  if (await isLog(directory)) {
    const path = resolve(directory);
    return [{ pipeline: basename(path), state: dirname(path) }];
  }
  const saved: SavedPipeline[] = [];
  for (const pipeline of (await namesIn(directory)).toSorted()) {
    if (await isLog(join(directory, pipeline))) saved.push({ pipeline, state: directory });
  }
  return saved;
}

/**
 * What holds the event time of a saved pipeline, also while another process runs it.
 *
 * @throws FILE_NOT_FOUND when nothing was saved there
 */
export async function readWhyStuck({ pipeline, state }: SavedPipeline): Promise<StuckReport> {
  const directory = join(state, pipeline);
  if (!(await isLog(directory))) throw millraceError("FILE_NOT_FOUND", { path: directory });
  const isRunning = await isStateLocked(state, pipeline);
  const log = await openLmdbLog({ directory });
  try {
    return await whyStuck(log, pipeline, isRunning);
  } finally {
    await log.close();
  }
}

async function isLog(directory: string): Promise<boolean> {
  return access(join(directory, "data.mdb")).then(
    () => true,
    () => false,
  );
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw millraceError("FILE_NOT_FOUND", { path: directory }, { cause: error });
  }
}
