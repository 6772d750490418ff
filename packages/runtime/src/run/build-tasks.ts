import type { Json, Source, TopicInfo, TopicSink } from "@millrace/core";
import { assert, atCrashPoints, isMillraceError, limits } from "@millrace/core";
import { isAsyncSpec, type Stage, type StageOutput } from "@millrace/plan";
import { ShufflePartitionInput } from "../input/shuffle-input.ts";
import { openSourceInput } from "../input/open-source-input.ts";
import type { TaskInput } from "../input/task-input.ts";
import {
  type EdgeOutput,
  type EdgeOutputOptions,
  ShuffleEdgeOutput,
  SinkEdgeOutput,
} from "../output/edge-output.ts";
import { SinkTask } from "../output/sink-task.ts";
import { TopicEdgeOutput } from "../output/topic-output.ts";
import { RunTracer } from "../trace/run-tracer.ts";
import { Changelog } from "../state/changelog.ts";
import type { ChangelogReplay, OperatorTables } from "../state/changelog-replay.ts";
import type { LiveMembership } from "../task/live-membership.ts";
import { OperatorChain } from "../task/operator-chain.ts";
import { Task, type TaskCounts, type TaskProgress } from "../task/task.ts";
import { closeAll, type OpenedSink, sinkOutputs } from "./open-connectors.ts";
import { changelogTopic, deadLetterTopic } from "./prepare-generation.ts";
import type { RunEnvironment, RunnablePlan, RunSettings, TaskListener } from "./run-options.ts";

/** What all tasks of a run share in one thread. */
export interface TaskContext {
  readonly plan: RunnablePlan;
  readonly environment: RunEnvironment;
  readonly settings: RunSettings;
  readonly membership: LiveMembership;
  readonly generation: number;
  readonly sources: ReadonlyMap<string, Source>;
  readonly topicSinks: ReadonlyMap<string, TopicSink>;
  /** Topics that are sinks, by name. */
  readonly topics: ReadonlyMap<string, TopicInfo>;
  readonly onNotice: TaskListener;
}

/** What of a task there is before it has a writer: its operators, and where their rows go. */
export interface TaskShell {
  readonly chain: OperatorChain;
  readonly tables: readonly OperatorTables[];
  /** Filled in when the task is opened. */
  readonly outputs: EdgeOutput[];
}

/** A shell whose tables hold what their changelog said until some moment. */
export interface WarmShell extends TaskShell {
  readonly replay: ChangelogReplay;
}

/** Makes the operators of a task, with no state. */
export function buildShell({ plan, environment }: TaskContext, stage: Stage): TaskShell {
  const outputs: EdgeOutput[] = [];
  const chain = new OperatorChain(
    stage,
    (planned) =>
      environment.createOperator(planned, {
        pipeline: plan.physical.pipeline,
        operatorId: planned.id,
        functions: plan.functions,
        clock: environment.clock,
      }),
    stage.outputs.map((_, index) => ({ write: (batch) => outputs[index]?.write(batch) })),
  );
  const tables = chain.operators.map(({ planned, operator }) => ({
    operatorId: planned.id,
    tables: operator.state,
  }));
  return { chain, tables, outputs };
}

/**
 * Opens and restores a task: the writer first, then the state (T1).
 *
 * @param warm a copy of its state that is lacking the end only
 */
export async function buildTask(
  context: TaskContext,
  { stage, partition }: { readonly stage: Stage; readonly partition: number },
  warm?: WarmShell,
): Promise<Task> {
  const { plan, environment, membership, generation, onNotice } = context;
  const { pipeline, partitions } = plan.physical;
  const { clock, log } = environment;
  const startedAtMs = clock.monotonicMs();
  const id = `${pipeline}.${stage.id}.${partition}`;
  const home = { topic: changelogTopic(pipeline, stage), partition };
  const writer = await atCrashPoints("open-writer", () =>
    membership.inName(() => log.openWriter(id, membership, home)),
  );
  const changelog = new Changelog(log, home.topic, partition);
  const { shell, restored } = await restoreShell(context, { stage, id, changelog }, warm);
  const { chain, outputs } = shell;
  const inputs = await openInputs(context, stage, partition, restored);
  const counts = restored?.counts as unknown as TaskCounts | undefined;
  const watermarks = inputs.map((input) => input.watermark);
  chain.restoreWatermarks(restored === undefined ? inputs.map(() => -Infinity) : watermarks);
  if (counts !== undefined) chain.restoreCounts(counts.operators);
  stage.outputs.forEach((output, index) => {
    const options = {
      task: partition,
      partitions,
      watermark: chain.portWatermark(
        output.from,
        restored === undefined ? inputs.map(() => -Infinity) : watermarks,
      ),
      rowsWritten: counts?.rowsWritten[index] ?? 0,
    };
    outputs.push(openOutput(context, output, options));
  });
  const durationMs = clock.monotonicMs() - startedAtMs;
  const task = { stage: stage.id, partition };
  onNotice?.({ kind: "task-restored", task, durationMs, ...changelog.restored });
  return new Task({
    id,
    stage,
    partition,
    generation,
    inputs,
    chain,
    outputs,
    changelog,
    writer,
    membership,
    deadLetterTopic: deadLetterTopic(pipeline),
    clock,
    restored,
    onNotice,
    tracer: RunTracer.open(pipeline)?.task(stage.id, partition),
  });
}

/** Restores a task's state; without the newest snapshot where that is damaged. */
async function restoreShell(
  context: TaskContext,
  { stage, id, changelog }: { stage: Stage; id: string; changelog: Changelog },
  warm: WarmShell | undefined,
): Promise<{ shell: TaskShell; restored: TaskProgress | undefined }> {
  const shell = warm ?? buildShell(context, stage);
  try {
    const found = await changelog.restore(shell.tables, id, { warm: warm?.replay });
    return { shell, restored: found as TaskProgress | undefined };
  } catch (error) {
    if (!isMillraceError(error) || error.code !== "RUN_STATE_DAMAGED") throw error;
    const anew = buildShell(context, stage);
    const found = await changelog.restore(anew.tables, id, { from: "start" });
    return { shell: anew, restored: found as TaskProgress | undefined };
  }
}

function openOutput(
  context: TaskContext,
  output: StageOutput,
  options: EdgeOutputOptions,
): EdgeOutput {
  if (output.kind === "sink") return new SinkEdgeOutput(output, options);
  if (output.kind === "shuffle") return new ShuffleEdgeOutput(output, options);
  const sink = context.topicSinks.get(output.sinkId);
  const partitions = context.topics.get(output.topic)?.partitions;
  assert(sink !== undefined && partitions !== undefined, "every sink topic has been opened");
  return new TopicEdgeOutput(output, sink, { ...options, partitions });
}

/**
 * Opens the tasks that write some partitions of sinks to their stores, one after the other.
 *
 * @param sinks those that are open here
 */
export async function buildSinkTasks(
  context: TaskContext,
  sinks: ReadonlyMap<string, OpenedSink>,
  partitions: readonly number[],
): Promise<SinkTask[]> {
  const { plan, environment, membership, generation, onNotice } = context;
  const tasks: SinkTask[] = [];
  try {
    for (const planned of sinkOutputs(plan.physical)) {
      const sink = sinks.get(planned.sinkId)?.sink;
      if (sink === undefined) continue;
      for (const partition of partitions) {
        const { log, clock } = environment;
        const tracer = RunTracer.open(plan.physical.pipeline)?.task(planned.sinkId, partition);
        const common = { log, clock, membership, generation, tracer, onNotice };
        tasks.push(await SinkTask.open({ ...common, planned, sink, partition }));
      }
    }
    return tasks;
  } catch (error) {
    await closeAll(tasks);
    throw error;
  }
}

async function openInputs(
  context: TaskContext,
  stage: Stage,
  partition: number,
  restored: TaskProgress | undefined,
): Promise<TaskInput[]> {
  const { environment, plan, settings, sources, onNotice } = context;
  const inputs: TaskInput[] = [];
  for (const [index, planned] of stage.inputs.entries()) {
    const progress: Json | undefined = restored?.inputs[index];
    if (planned.kind === "shuffle") {
      const { log } = environment;
      const upstreamTasks = plan.physical.partitions;
      const { topic } = planned;
      inputs.push(
        await ShufflePartitionInput.open({
          log,
          topic,
          partition,
          upstreamTasks,
          restored: progress,
        }),
      );
      continue;
    }
    const source = sources.get(planned.sourceId);
    assert(source !== undefined, "every source of the plan has been opened");
    // A commit waits for all rows of a batch: where each row takes its time, it holds fewer.
    const isAsync = stage.operators.some(({ spec }) => isAsyncSpec(spec));
    const batchRows = isAsync
      ? Math.min(settings.batchRows, limits.asyncBatchRowsMax)
      : settings.batchRows;
    const { partitions: tasks } = plan.physical;
    inputs.push(
      await openSourceInput({
        planned,
        source,
        task: partition,
        tasks,
        batchRows,
        clock: environment.clock,
        restored: progress,
        onNotice,
      }),
    );
  }
  return inputs;
}
