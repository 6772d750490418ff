// What a thread of a run executes: it loads the pipeline from its module, then runs the tasks that
// the main thread gives it.

import { parentPort, workerData } from "node:worker_threads";
import { assert, isMillraceError, millraceError, systemClock } from "@millrace/core";
import { isPipeline, type Pipeline } from "@millrace/dsl";
import { planPipeline, type PlannedPipeline } from "@millrace/planner";
import { refuseToServe, serveThread } from "@millrace/runtime";
import { openSharedLog } from "../open-storage.ts";
import { connectors, createOperatorWithModels } from "../registries.ts";
import { isThreadData, type ThreadData } from "./thread-data.ts";

const data: unknown = workerData;
assert(parentPort !== null && isThreadData(data), "this file is started as a thread of a run");
try {
  const { logical, physical } = await load(data);
  const { functions, validators } = logical;
  const environment = {
    log: await openSharedLog(data.log, systemClock),
    clock: systemClock,
    connectors,
    createOperator: createOperatorWithModels,
  };
  serveThread(parentPort, { physical, functions, validators }, environment);
} catch (error) {
  refuseToServe(parentPort, error);
}

async function load({ module, partitions, parameters }: ThreadData): Promise<PlannedPipeline> {
  const pipeline = await importPipeline(module);
  return planPipeline(pipeline.build(), { partitions, parameters });
}

async function importPipeline(path: string): Promise<Pipeline> {
  let loaded: { default?: unknown };
  try {
    // A bundle brings the lines of the files that it was made of.
    process.setSourceMapsEnabled(true);
    loaded = (await import(path)) as { default?: unknown };
  } catch (error) {
    if (isMillraceError(error)) throw error;
    const problem = error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
    throw millraceError("PIPELINE_FILE_FAILED", { path, problem }, { cause: error });
  }
  const { default: pipeline } = loaded;
  if (isPipeline(pipeline)) return pipeline;
  const problem = "it does not export a pipeline by default";
  throw millraceError("PIPELINE_FILE_INVALID", { path, problem });
}
