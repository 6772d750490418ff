import type { GroupMembership, Json, Source, TopicInfo, TopicSink } from "@millrace/core";
import { assert, limits } from "@millrace/core";
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
import { OperatorChain } from "../task/operator-chain.ts";
import { Task, type TaskCounts, type TaskProgress } from "../task/task.ts";
import type { OpenedSink } from "./open-connectors.ts";
import { changelogTopic, deadLetterTopic } from "./prepare-generation.ts";
import type { RunEnvironment, RunnablePlan, RunSettings, TaskListener } from "./run-options.ts";

/** What all tasks of a run share in one thread. */
export interface TaskContext {
  readonly plan: RunnablePlan;
  readonly environment: RunEnvironment;
  readonly settings: RunSettings;
  readonly membership: GroupMembership;
  readonly generation: number;
  /** Those whose tasks this process runs; which of them are in this thread, its placement says. */
  readonly partitions: readonly number[];
  readonly sources: ReadonlyMap<string, Source>;
  /** Open on the main thread only; absent are those that another process writes. */
  readonly sinks: ReadonlyMap<string, OpenedSink>;
  readonly topicSinks: ReadonlyMap<string, TopicSink>;
  /** Topics that are sinks, by name. */
  readonly topics: ReadonlyMap<string, TopicInfo>;
  readonly onNotice: TaskListener;
}

/** Opens and restores a task: the writer first, then the state (T1). */
export async function buildTask(
  context: TaskContext,
  stage: Stage,
  partition: number,
): Promise<Task> {
  const { plan, environment, membership, generation, onNotice } = context;
  const { pipeline, partitions } = plan.physical;
  const startedAtMs = environment.clock.monotonicMs();
  const id = `${pipeline}.${stage.id}.${partition}`;
  const writer = await environment.log.openWriter(id, membership);
  const outputs: EdgeOutput[] = [];
  const chain = new OperatorChain(
    stage,
    (planned) =>
      environment.createOperator(planned, {
        pipeline,
        operatorId: planned.id,
        functions: plan.functions,
        clock: environment.clock,
      }),
    stage.outputs.map((_, index) => ({ write: (batch) => outputs[index]?.write(batch) })),
  );
  const changelog = new Changelog(environment.log, changelogTopic(pipeline, stage), partition);
  const tables = chain.operators.map(({ planned, operator }) => ({
    operatorId: planned.id,
    tables: operator.state,
  }));
  const restored = (await changelog.restore(tables, id)) as TaskProgress | undefined;
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
  const durationMs = environment.clock.monotonicMs() - startedAtMs;
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
    deadLetterTopic: deadLetterTopic(pipeline),
    clock: environment.clock,
    restored,
    onNotice,
    tracer: RunTracer.open(pipeline)?.task(stage.id, partition),
  });
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
 * Opens the tasks that write the sinks' partitions to their stores, one after the other. Of a store
 * with a single owner they are all here.
 */
export async function* buildSinkTasks(context: TaskContext): AsyncGenerator<SinkTask> {
  const { plan, environment, membership, generation, sinks } = context;
  for (const stage of plan.physical.stages) {
    for (const planned of stage.outputs) {
      if (planned.kind !== "sink") continue;
      const opened = sinks.get(planned.sinkId);
      if (opened === undefined) continue;
      for (const partition of opened.isSingleOwner ? allPartitions(plan) : context.partitions) {
        const { log } = environment;
        const { sink } = opened;
        const tracer = RunTracer.open(plan.physical.pipeline)?.task(planned.sinkId, partition);
        const parts = { planned, log, membership, sink, partition, generation, tracer };
        yield await SinkTask.open(parts);
      }
    }
  }
}

function allPartitions({ physical }: RunnablePlan): number[] {
  return Array.from({ length: physical.partitions }, (_, partition) => partition);
}

async function openInputs(
  context: TaskContext,
  stage: Stage,
  partition: number,
  restored: TaskProgress | undefined,
): Promise<TaskInput[]> {
  const { environment, plan, settings, sources } = context;
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
      }),
    );
  }
  return inputs;
}
