import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, type Log } from "@millrace/core";
import { type LmdbLogOptions, openLmdbLog, openMemoryLog } from "@millrace/log";
import { lockState } from "@millrace/runtime";
import type { RunOptions } from "./run-options.ts";

/** The log of a run. */
export interface RunStorage {
  readonly log: Log;
  /** How other threads open it too; absent for a log that has no directory, or a user's own. */
  readonly shared?: LmdbLogOptions;
  close(): Promise<void>;
}

/**
 * Opens the log that the options name. With threads, a run that keeps nothing has its log in a
 * temporary directory, which goes with it: memory is not shared between threads.
 *
 * @throws RUN_ALREADY_RUNNING, LOG_STORAGE_FAILED
 */
export async function openStorage(pipeline: string, options: RunOptions): Promise<RunStorage> {
  const { log: given, state, threads = 1 } = options;
  if (given !== undefined && typeof given !== "string") {
    return { log: given, close: () => Promise.resolve() };
  }
  if (given === undefined && state === undefined) {
    return threads === 1 ? openInMemory() : openTemporary();
  }
  const unlock = await lockState(given ?? state ?? "", pipeline);
  const shared = { directory: given ?? join(state ?? "", pipeline) };
  return openDirectory(shared, unlock);
}

function openInMemory(): RunStorage {
  const log = openMemoryLog();
  return { log, close: () => log.close() };
}

async function openTemporary(): Promise<RunStorage> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-run-"));
  // Nothing of it is read after the process has died: it need not be on the disk.
  return openDirectory({ directory, sync: "os" }, () => rm(directory, { recursive: true }));
}

async function openDirectory(
  shared: LmdbLogOptions,
  afterClose: () => Promise<void>,
): Promise<RunStorage> {
  assert(shared.directory !== "", "a log has a directory");
  try {
    const log = await openLmdbLog(shared);
    return {
      log,
      shared,
      close: async () => {
        await log.close();
        await afterClose();
      },
    };
  } catch (error) {
    await afterClose();
    throw error;
  }
}
