import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker as Thread, workerData } from "node:worker_threads";
import { millraceError, systemClock } from "@millrace/core";
import type { PhysicalPlan } from "@millrace/plan";
import { TaskThread, TaskThreads } from "@millrace/runtime";
import type { SharedLog } from "../open-storage.ts";
import { connectors } from "../registries.ts";
import type { RunOptions } from "../run-options.ts";
import { isThreadData, type ThreadData } from "./thread-data.ts";

/** The file of `thread.ts`, as it is beside this one: built, or as TypeScript. */
const entry = new URL(
  import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js",
  import.meta.url,
);

/**
 * Starts threads and waits until each has loaded the pipeline.
 *
 * @param log that the threads open as well
 * @throws RUN_MODULE_MISMATCH, PIPELINE_FILE_FAILED, PIPELINE_FILE_INVALID; what planning throws
 */
export async function startThreads(
  plan: PhysicalPlan,
  options: RunOptions & { readonly threads: number },
  log: SharedLog,
): Promise<TaskThreads> {
  const module = moduleOf(options);
  const data: ThreadData = {
    millraceThread: true,
    module: module.href,
    partitions: plan.partitions,
    parameters: options.parameters ?? {},
    log,
  };
  const started = Array.from({ length: options.threads }, (_, index) => {
    return new TaskThread(new Thread(entry, { workerData: data }), index + 1, systemClock);
  });
  const own = Object.keys(connectors).filter((name) => options.connectors?.[name] === undefined);
  const threads = new TaskThreads(started, new Set(own));
  // All are asked at once: what a thread says before it is asked would be lost.
  const answers = await Promise.allSettled(started.map((thread) => thread.loaded()));
  try {
    for (const answer of answers) {
      if (answer.status === "rejected") throw answer.reason;
      checkSame(plan, module, answer.value);
    }
    return threads;
  } catch (error) {
    await threads.end();
    throw error;
  }
}

/** The URL of the module that threads load. */
function moduleOf({ module }: RunOptions): URL {
  if (module === undefined) throw refused("no module was given that threads can load it from");
  if (typeof module !== "string") return module;
  return module.startsWith("file:") ? new URL(module) : pathToFileURL(resolve(module));
}

/**
 * Checks what a run must have, and may not, for several threads.
 *
 * @throws RUN_THREADS_REFUSED
 */
export function checkThreadable(options: RunOptions): void {
  if (isThreadData(workerData)) {
    const advice = "start it in another file, or only where isMainThread of node:worker_threads is";
    throw refused(`the module itself starts a run when it is loaded (${advice} true)`);
  }
  if ((options.threads ?? 1) === 1) return;
  moduleOf(options);
  if (options.log !== undefined && typeof options.log !== "string") {
    throw refused("its log is an object of yours, which belongs to one thread");
  }
  if (options.clock !== undefined) {
    throw refused("its clock is an object of yours, which belongs to one thread");
  }
}

function refused(problem: string): Error {
  return millraceError("RUN_THREADS_REFUSED", { problem });
}

function checkSame(
  plan: PhysicalPlan,
  module: URL,
  loaded: { readonly pipeline: string; readonly fingerprint: string },
): void {
  const { pipeline, fingerprint } = plan;
  const problem =
    loaded.pipeline !== pipeline
      ? `its name is ${JSON.stringify(loaded.pipeline)}`
      : "its plan has another fingerprint";
  if (loaded.pipeline === pipeline && loaded.fingerprint === fingerprint) return;
  throw millraceError("RUN_MODULE_MISMATCH", { module: module.href, pipeline, problem });
}
