import {
  assert,
  isMillraceError,
  limits,
  type OperatorCounts,
  type Sink,
  type Source,
  type TopicSink,
} from "@millrace/core";
import type { SinkTask } from "../output/sink-task.ts";
import type { Task } from "../task/task.ts";
import { buildSinkTasks, buildTask } from "./build-tasks.ts";
import {
  closeAll,
  openSinks,
  openSources,
  openTopicSinks,
  sinkOutputs,
  topicOutputs,
} from "./open-connectors.ts";
import {
  createControlTopic,
  decideGeneration,
  finishGeneration,
  type Generation,
  startGeneration,
} from "./prepare-generation.ts";
import type { RunEnvironment, RunnablePlan, RunSettings } from "./run-options.ts";
import type { RunStatus, RunSummary } from "./run-status.ts";
import { topicsByName } from "./sink-topics.ts";
import { inputStatusesOf, leastWatermarks, slowestSource } from "./watermark-status.ts";
import { Worker } from "./worker.ts";

/** Times that a run restores itself after an error that says a retry may help. */
const restoresMax = 5;
const restoreDelayMs = 50;

/** What a run has opened through its connectors, by id. */
interface OpenedConnectors {
  readonly sources: ReadonlyMap<string, Source>;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly topicSinks: ReadonlyMap<string, TopicSink>;
}

/** Everything that one attempt has open. */
interface Attempt {
  readonly generation: Generation;
  readonly tasks: readonly Task[];
  readonly sinkTasks: readonly SinkTask[];
  readonly rowsReadBefore: number;
}

/** A pipeline that runs in this process. Nothing is global: two runs do not know of each other. */
export class Run {
  /**
   * Resolves when the run has ended and closed everything; rejects with the error that ended it.
   */
  readonly finished: Promise<RunSummary>;
  readonly #plan: RunnablePlan;
  readonly #environment: RunEnvironment;
  readonly #settings: RunSettings;
  readonly #abort = new AbortController();
  readonly #startedAtMs: number;
  #worker: Worker | undefined;
  #attempt: Attempt | undefined;

  constructor(plan: RunnablePlan, environment: RunEnvironment, settings: RunSettings) {
    assert(
      settings.batchRows >= 1 && settings.batchRows <= limits.batchRowsMax,
      "batchRows is within its bounds",
    );
    this.#plan = plan;
    this.#environment = environment;
    this.#settings = settings;
    this.#startedAtMs = environment.clock.monotonicMs();
    this.finished = this.#runWithRestores();
  }

  /**
   * Asks the run to stop: what was taken in is committed, except by tasks with rows in flight;
   * `finished` then resolves with outcome "stopped".
   */
  stop(): void {
    this.#abort.abort();
    this.#worker?.stop();
  }

  /** Now; undefined until the tasks are open. */
  status(): RunStatus | undefined {
    return this.#attempt === undefined ? undefined : this.#statusOf(this.#attempt);
  }

  /**
   * T4: an attempt that failed in doubt is thrown away whole, and the next one restores from the
   * log.
   */
  async #runWithRestores(): Promise<RunSummary> {
    for (let restores = 0; ; restores += 1) {
      try {
        return await this.#runOnce(this.#settings.isFresh && restores === 0);
      } catch (error) {
        const mayRetry = isMillraceError(error) && error.code === "LOG_COMMIT_INDEFINITE";
        if (!mayRetry || restores >= restoresMax || this.#abort.signal.aborted) throw error;
        await this.#environment.clock.sleep(restoreDelayMs * 2 ** restores, this.#abort.signal);
      }
    }
  }

  async #runOnce(isFresh: boolean): Promise<RunSummary> {
    const { connectors, clock, log } = this.#environment;
    const context = { clock, signal: this.#abort.signal, log };
    try {
      const sources = await openSources(this.#plan, connectors, context);
      try {
        return await this.#runWithSources(sources, isFresh);
      } finally {
        await closeAll(sources.values());
      }
    } catch (error) {
      if (isMillraceError(error)) error.at({ pipeline: this.#plan.physical.pipeline });
      throw error;
    }
  }

  async #runWithSources(
    sources: ReadonlyMap<string, Source>,
    isFresh: boolean,
  ): Promise<RunSummary> {
    const { log, connectors, clock } = this.#environment;
    const plan = this.#plan.physical;
    await createControlTopic(log, plan.pipeline);
    const topicSinks = await openTopicSinks(plan, connectors);
    const decided = await decideGeneration({ log, plan, sources, topicSinks, isFresh });
    const { generation } = decided.control;
    const sinks = await openSinks(plan, connectors, { clock, generation });
    try {
      return await this.#runGeneration(decided, { sources, sinks, topicSinks });
    } finally {
      await closeAll(sinks.values());
    }
  }

  async #runGeneration(decided: Generation, opened: OpenedConnectors): Promise<RunSummary> {
    const { log, clock } = this.#environment;
    const plan = this.#plan.physical;
    const membership = await log.joinGroup(plan.pipeline);
    const control = decided.isContinued
      ? decided.control
      : await startGeneration({ log, membership, plan, control: decided.control, ...opened });
    const context = {
      plan: this.#plan,
      environment: this.#environment,
      settings: this.#settings,
      membership,
      generation: control.generation,
      ...opened,
      topics: await topicsByName(log, opened.topicSinks),
    };
    const tasks: Task[] = [];
    let sinkTasks: SinkTask[] = [];
    try {
      for (const stage of plan.stages) {
        for (let partition = 0; partition < plan.partitions; partition += 1) {
          tasks.push(await buildTask(context, stage, partition));
        }
      }
      sinkTasks = await buildSinkTasks(context);
      const rowsReadBefore = rowsReadBy(tasks);
      const attempt = { generation: { ...decided, control }, tasks, sinkTasks, rowsReadBefore };
      this.#attempt = attempt;
      this.#worker = new Worker(tasks, sinkTasks, { clock, maxDriftMs: plan.maxDriftMs });
      if (this.#abort.signal.aborted) this.#worker.stop();
      await this.#worker.run();
      const isFinished = [...tasks, ...sinkTasks].every((task) => task.isEnded);
      if (isFinished) await finishGeneration({ log, membership, plan, control });
      const commits = tasks.reduce((sum, task) => sum + task.counts().commits, 0);
      const outcome = isFinished ? "finished" : "stopped";
      return { ...this.#statusOf(attempt), outcome, commits };
    } finally {
      this.#worker = undefined;
      await closeAll([...tasks, ...sinkTasks]);
    }
  }

  #statusOf(attempt: Attempt): RunStatus {
    const { tasks, generation, rowsReadBefore } = attempt;
    const plan = this.#plan.physical;
    const operators: Record<string, OperatorCounts> = {};
    const sinkRows: Record<string, number> = Object.fromEntries(
      [...sinkOutputs(plan), ...topicOutputs(plan)].map((output) => [output.sinkId, 0]),
    );
    let rowsDeadLettered = 0;
    let stateBytes = 0;
    for (const task of tasks) {
      const counts = task.counts();
      rowsDeadLettered += counts.deadLetters;
      stateBytes += task.stateBytes();
      for (const [id, each] of Object.entries(counts.operators)) addCounts(operators, id, each);
      task.stage.outputs.forEach((output, index) => {
        if (output.kind === "shuffle") return;
        sinkRows[output.sinkId] = (sinkRows[output.sinkId] ?? 0) + (counts.rowsWritten[index] ?? 0);
      });
    }
    const rowsRead = rowsReadBy(tasks);
    const inputs = tasks.flatMap(inputStatusesOf);
    return {
      pipeline: plan.pipeline,
      generation: generation.control.generation,
      isContinued: generation.isContinued,
      rowsRead,
      rowsReadHere: rowsRead - rowsReadBefore,
      rowsDeadLettered,
      rowsLate: Object.values(operators).reduce((sum, counts) => sum + counts.late, 0),
      watermark: slowestSource(inputs),
      inputs,
      operatorWatermarks: leastWatermarks(tasks.map((task) => task.operatorWatermarks())),
      fraction: fractionOf(tasks),
      elapsedMs: Math.round(this.#environment.clock.monotonicMs() - this.#startedAtMs),
      stateBytes,
      operators,
      sinkRows,
    };
  }
}

function rowsReadBy(tasks: readonly Task[]): number {
  let rows = 0;
  for (const task of tasks) {
    task.stage.inputs.forEach((input, index) => {
      if (input.kind === "source") rows += task.rowsRead(index);
    });
  }
  return rows;
}

function addCounts(into: Record<string, OperatorCounts>, id: string, counts: OperatorCounts): void {
  const sum = (into[id] ??= { ...counts, ...zeroCounts });
  for (const name of Object.keys(zeroCounts) as (keyof OperatorCounts)[]) sum[name] += counts[name];
}

const zeroCounts: OperatorCounts = {
  rowsIn: 0,
  accepted: 0,
  filtered: 0,
  late: 0,
  deadLettered: 0,
  rowsOut: 0,
  unfilled: 0,
};

function fractionOf(tasks: readonly Task[]): number | undefined {
  let done = 0;
  let total = 0;
  for (const task of tasks) {
    for (const progress of task.sourceProgress()) {
      if (progress.total === undefined) return undefined;
      done += progress.done;
      total += progress.total;
    }
  }
  return total === 0 ? undefined : Math.min(1, done / total);
}
