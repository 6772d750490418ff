import type { GroupMembership, Json, Sink, Source } from "@millrace/core";
import { assert } from "@millrace/core";
import type { Stage } from "@millrace/plan";
import { ShufflePartitionInput } from "../input/shuffle-input.ts";
import { SourcePartitionInput } from "../input/source-input.ts";
import type { TaskInput } from "../input/task-input.ts";
import { type EdgeOutput, ShuffleEdgeOutput, SinkEdgeOutput } from "../output/edge-output.ts";
import { SinkTask } from "../output/sink-task.ts";
import { Changelog } from "../state/changelog.ts";
import { OperatorChain } from "../task/operator-chain.ts";
import { Task, type TaskCounts, type TaskProgress } from "../task/task.ts";
import { changelogTopic, deadLetterTopic } from "./prepare-generation.ts";
import type { RunEnvironment, RunnablePlan, RunSettings } from "./run-options.ts";

/** What all tasks of a run share. */
export interface TaskContext {
  readonly plan: RunnablePlan;
  readonly environment: RunEnvironment;
  readonly settings: RunSettings;
  readonly membership: GroupMembership;
  readonly generation: number;
  readonly sources: ReadonlyMap<string, Source>;
  readonly sinks: ReadonlyMap<string, Sink>;
}

/** Opens and restores a task: the writer first, then the state (T1). */
export async function buildTask(
  context: TaskContext,
  stage: Stage,
  partition: number,
): Promise<Task> {
  const { plan, environment, membership, generation } = context;
  const { pipeline, partitions } = plan.physical;
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
    outputs.push(
      output.kind === "sink"
        ? new SinkEdgeOutput(output, options)
        : new ShuffleEdgeOutput(output, options),
    );
  });
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
  });
}

/** Opens the tasks that write each sink's partitions to its store. */
export async function buildSinkTasks(context: TaskContext): Promise<SinkTask[]> {
  const { plan, environment, membership, generation, sinks } = context;
  const tasks: SinkTask[] = [];
  for (const stage of plan.physical.stages) {
    for (const planned of stage.outputs) {
      if (planned.kind !== "sink") continue;
      const sink = sinks.get(planned.sinkId);
      assert(sink !== undefined, "every sink of the plan has been opened");
      for (let partition = 0; partition < plan.physical.partitions; partition += 1) {
        const { log } = environment;
        tasks.push(await SinkTask.open({ planned, log, membership, sink, partition, generation }));
      }
    }
  }
  return tasks;
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
    inputs.push(
      partition < source.partitionCount
        ? await SourcePartitionInput.open({
            planned,
            source,
            partition,
            batchRows: settings.batchRows,
            clock: environment.clock,
            restored: progress,
          })
        : endedInput,
    );
  }
  return inputs;
}

/** A source with fewer partitions than the run has tasks gives the others nothing. */
const endedInput: TaskInput = {
  watermark: Infinity,
  isEnded: true,
  isCaughtUp: true,
  partitions: [],
  counts: { rowsRead: 0, deadLettered: 0 },
  sourceProgress: undefined,
  read: () => Promise.resolve({ kind: "end" }),
  progress: () => null,
  committed: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
