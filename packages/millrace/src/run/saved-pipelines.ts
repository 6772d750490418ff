import { access, readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { SavedPipeline, SavedPlace } from "@millrace/cli";
import { millraceError } from "@millrace/core";
import { isStateLocked, type StuckReport, whyStuck } from "@millrace/runtime";
import { isKafkaUrl, type LogPlace } from "./open-log.ts";
import { withSavedLog } from "./saved-log.ts";

/**
 * The pipelines that a log or a state directory holds; the directory of one pipeline's state stands
 * for that pipeline.
 *
 * @param placeOf where the log of a name is, with who we are to it
 * @throws FILE_NOT_FOUND when there is no such directory
 */
export async function savedPipelines(
  { state, log }: SavedPlace,
  placeOf: (log: string) => LogPlace = (place) => place,
): Promise<SavedPipeline[]> {
  if (log !== undefined) return pipelinesOfLog({ state, log }, placeOf(log));
  if (await isLog(state)) {
    const path = resolve(state);
    return [{ pipeline: basename(path), state: dirname(path) }];
  }
  const saved: SavedPipeline[] = [];
  for (const pipeline of (await namesIn(state)).toSorted()) {
    if (await isLog(join(state, pipeline))) saved.push({ pipeline, state });
  }
  return saved;
}

const ofControl = ".control";
const ofNews = ".news.control";

function pipelinesOfLog(
  saved: SavedPlace & { readonly log: string },
  place: LogPlace,
): Promise<SavedPipeline[]> {
  return withSavedLog(place, async (log) =>
    (await log.topics())
      .filter(({ name }) => name.endsWith(ofControl) && !name.endsWith(ofNews))
      .map(({ name }) => ({ pipeline: name.slice(0, -ofControl.length), ...saved }))
      .toSorted((a, b) => (a.pipeline < b.pipeline ? -1 : 1)),
  );
}

/**
 * What holds the event time of a saved pipeline, also while another process runs it.
 *
 * @throws FILE_NOT_FOUND when nothing was saved there
 */
export async function readWhyStuck(
  { pipeline, state, log }: SavedPipeline,
  placeOf: (log: string) => LogPlace = (place) => place,
): Promise<StuckReport> {
  if (log !== undefined && isKafkaUrl(log)) {
    return withSavedLog(placeOf(log), async (saved) => {
      const isRunning = (await saved.hasMembers?.(pipeline)) === true;
      return whyStuck(saved, pipeline, isRunning);
    });
  }
  const directory = log ?? join(state, pipeline);
  if (!(await isLog(directory))) throw millraceError("FILE_NOT_FOUND", { path: directory });
  const isRunning = await isStateLocked(log ?? state, pipeline);
  return withSavedLog(directory, (saved) => whyStuck(saved, pipeline, isRunning));
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
