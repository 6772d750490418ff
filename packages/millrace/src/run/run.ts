import {
  assert,
  assertUserInput,
  type Clock,
  limits,
  type MillraceError,
  millraceError,
  systemClock,
} from "@millrace/core";
import type { Pipeline } from "@millrace/dsl";
import { planPipeline, type PlannedPipeline } from "@millrace/planner";
import {
  Run,
  type RunSettings,
  type RunStatus,
  type RunSummary,
  type TaskThreads,
} from "@millrace/runtime";
import { observersOf } from "./observe-run.ts";
import { openStorage, type RunStorage } from "./open-storage.ts";
import { connectors, createOperatorWithModels } from "./registries.ts";
import type { RunOptions } from "./run-options.ts";
import { checkThreadable, startThreads } from "./threads/start-threads.ts";

const progressEveryMsDefault = 250;

/** A pipeline that runs. Call `close` when done with it. */
export interface RunningPipeline {
  readonly plan: PlannedPipeline;
  /** Resolves when the run has ended; rejects with the error that ended it. */
  readonly finished: Promise<RunSummary>;
  /** As `Run.status`. */
  status: Run["status"];
  /** Asks the run to stop and waits until it has. */
  stop(): Promise<RunSummary>;
  /** Stops the run if need be and closes everything: no handle keeps the process alive. */
  close(): Promise<void>;
}

/** Plans a pipeline as a run would. @throws MillraceError `PLAN_INVALID` with all problems */
export function plan(pipeline: Pipeline, options: RunOptions = {}): PlannedPipeline {
  const partitions = options.partitions ?? 1;
  assertUserInput(
    Number.isInteger(partitions) && partitions >= 1 && partitions <= limits.partitionsMax,
    `partitions must be a whole number from 1 to ${limits.partitionsMax}`,
  );
  return planPipeline(pipeline.build(), { partitions, parameters: options.parameters ?? {} });
}

/**
 * Starts a pipeline and returns at once; with threads, when they have loaded it.
 *
 * @throws MillraceError `PLAN_INVALID`, `RUN_ALREADY_RUNNING`, `LOG_STORAGE_FAILED`,
 *   `RUN_THREADS_REFUSED`, `RUN_MODULE_MISMATCH`
 */
export async function start(
  pipeline: Pipeline,
  options: RunOptions = {},
): Promise<RunningPipeline> {
  const planned = plan(pipeline, options);
  const { progressEveryMs, ...settings } = readSettings(options);
  checkThreadable(options);
  const clock = options.clock ?? systemClock;
  const observers = await observersOf(options, clock);
  const storage = await openStorage(pipeline.name, options);
  const threads = await openThreads(planned, options, storage);
  const run = new Run(
    {
      physical: planned.physical,
      functions: planned.logical.functions,
      validators: planned.logical.validators,
    },
    {
      log: storage.log,
      clock,
      connectors: { ...connectors, ...options.connectors },
      createOperator: createOperatorWithModels,
      threads,
      observers,
    },
    settings,
  );
  const stop = (): void => run.stop();
  options.signal?.addEventListener("abort", stop);
  if (options.signal?.aborted === true) run.stop();
  const ended = new AbortController();
  let failure: MillraceError | undefined;
  const finished = run.finished.finally(async () => {
    ended.abort();
    options.signal?.removeEventListener("abort", stop);
    await threads?.end();
    await storage.close();
    if (failure !== undefined) throw failure;
  });
  // The caller sees a failure through `finished`; a run that nobody waits for must not end the
  // process.
  finished.catch(() => undefined);
  const { onProgress } = options;
  if (onProgress !== undefined) {
    const report = { onProgress, everyMs: progressEveryMs, clock, ended: ended.signal };
    reportProgress(run, report).catch((error: unknown) => {
      failure = onProgressFailed(error);
      run.stop();
    });
  }
  return {
    plan: planned,
    finished,
    status: () => run.status(),
    stop: () => {
      run.stop();
      return finished;
    },
    close: async () => {
      run.stop();
      await Promise.allSettled([finished]);
    },
  };
}

/**
 * Runs a pipeline to its end, or until `options.signal` stops it.
 *
 * @returns counts, watermark and outcome
 * @throws MillraceError of the first thing that failed; everything is closed then
 */
export async function run(pipeline: Pipeline, options: RunOptions = {}): Promise<RunSummary> {
  const running = await start(pipeline, options);
  return running.finished;
}

/** What the options say of how the run goes about it. @throws PLAN_ARGUMENT_INVALID */
function readSettings(options: RunOptions): RunSettings & { readonly progressEveryMs: number } {
  const { batchRows = limits.batchRowsDefault, threads = 1 } = options;
  assertUserInput(
    Number.isInteger(batchRows) && batchRows >= 1 && batchRows <= limits.batchRowsMax,
    `batchRows must be a whole number from 1 to ${limits.batchRowsMax}`,
  );
  assertUserInput(
    Number.isInteger(threads) && threads >= 1 && threads <= limits.threadsMax,
    `threads must be a whole number from 1 to ${limits.threadsMax}`,
  );
  const { standby = 0 } = options;
  assertUserInput(
    Number.isInteger(standby) && standby >= 0 && standby <= limits.standbyMax,
    `standby must be a whole number from 0 to ${limits.standbyMax}`,
  );
  assertUserInput(standby === 0 || threads === 1, "standby needs threads: 1");
  const progressEveryMs = options.progressEveryMs ?? progressEveryMsDefault;
  assertUserInput(progressEveryMs > 0, "progressEveryMs must be greater than 0");
  const isFresh = options.fresh ?? false;
  return { batchRows, isFresh, standbyCopies: standby, progressEveryMs };
}

/** The threads of a run, which are closed with the log; undefined where one is enough. */
async function openThreads(
  planned: PlannedPipeline,
  options: RunOptions,
  storage: RunStorage,
): Promise<TaskThreads | undefined> {
  const { threads = 1 } = options;
  if (threads === 1) return undefined;
  assert(storage.shared !== undefined, "what threads share has a directory");
  try {
    return await startThreads(planned.physical, { ...options, threads }, storage.shared);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function reportProgress(
  run: Run,
  report: {
    onProgress: (status: RunStatus) => void;
    everyMs: number;
    clock: Clock;
    ended: AbortSignal;
  },
): Promise<void> {
  const { onProgress, everyMs, clock, ended } = report;
  while (!ended.aborted) {
    await clock.sleep(everyMs, ended);
    const status = run.status();
    if (status !== undefined && !ended.aborted) onProgress(status);
  }
}

function onProgressFailed(cause: unknown): MillraceError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return millraceError("RUN_FUNCTION_FAILED", { step: "onProgress", problem }, { cause });
}
