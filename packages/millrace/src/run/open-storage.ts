import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, type Clock, type Log, systemClock } from "@millrace/core";
import {
  type KafkaLogOptions,
  type LmdbLogOptions,
  openKafkaLog,
  openLmdbLog,
  openMemoryLog,
} from "@millrace/log";
import { lockState } from "@millrace/runtime";
import { isKafkaUrl, kafkaOptions } from "./open-log.ts";
import type { RunOptions } from "./run-options.ts";

/** How several threads open the same log: plain data. */
export type SharedLog =
  | { readonly kind: "lmdb"; readonly options: LmdbLogOptions }
  | { readonly kind: "kafka"; readonly options: KafkaLogOptions };

/** The log of a run. */
export interface RunStorage {
  readonly log: Log;
  /** How other threads open it too; absent for a log in memory, or a user's own. */
  readonly shared?: SharedLog;
  close(): Promise<void>;
}

/** Opens a log that threads share. @throws LOG_STORAGE_FAILED, KAFKA_UNREACHABLE */
export function openSharedLog(shared: SharedLog, clock: Clock): Promise<Log> {
  if (shared.kind === "kafka") return openKafkaLog(shared.options, clock);
  return openLmdbLog(shared.options);
}

/**
 * Opens the log that the options name. With threads, a run that keeps nothing has its log in a
 * temporary directory, which goes with it: memory is not shared between threads.
 *
 * @throws RUN_ALREADY_RUNNING, LOG_STORAGE_FAILED, KAFKA_UNREACHABLE
 */
export async function openStorage(pipeline: string, options: RunOptions): Promise<RunStorage> {
  const { log: given, state, threads = 1 } = options;
  if (given !== undefined && typeof given !== "string") {
    return { log: given, close: () => Promise.resolve() };
  }
  if (given === undefined && state === undefined) {
    return threads === 1 ? openInMemory() : openTemporary();
  }
  if (given !== undefined && isKafkaUrl(given)) return openKafka(given, options);
  const unlock = await lockState(given ?? state ?? "", pipeline);
  const shared = { directory: given ?? join(state ?? "", pipeline) };
  return openDirectory(shared, unlock);
}

function openInMemory(): RunStorage {
  const log = openMemoryLog();
  return { log, close: () => log.close() };
}

/** On Kafka nothing is locked: runs of the same pipeline share its work. */
async function openKafka(url: string, options: RunOptions): Promise<RunStorage> {
  const shared: SharedLog = {
    kind: "kafka",
    options: kafkaOptions(url, options.kafka),
  };
  const log = await openSharedLog(shared, options.clock ?? systemClock);
  return { log, shared, close: () => log.close() };
}

async function openTemporary(): Promise<RunStorage> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-run-"));
  // Nothing of it is read after the process has died: it need not be on the disk.
  return openDirectory({ directory, sync: "os" }, () => rm(directory, { recursive: true }));
}

async function openDirectory(
  options: LmdbLogOptions,
  afterClose: () => Promise<void>,
): Promise<RunStorage> {
  assert(options.directory !== "", "a log has a directory");
  try {
    const log = await openLmdbLog(options);
    return {
      log,
      shared: { kind: "lmdb", options },
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
