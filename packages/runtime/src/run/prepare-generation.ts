import {
  atCrashPoints,
  type Clock,
  type GroupMembership,
  type Log,
  type LogWriter,
  millraceError,
  type Source,
  type TopicInfo,
  type TopicSink,
  type TopicSpec,
} from "@millrace/core";
import type { PhysicalPlan } from "@millrace/plan";
import { changelogFormat, encodeChangelogRecord } from "../task/changelog-record.ts";
import {
  type ControlRecord,
  controlTopic,
  newsTopic,
  readControl,
  stageOutlines,
  writeControl,
} from "./control-record.ts";
import type { OpenedSink } from "./open-connectors.ts";
import { changedTopic, prepareSinkTopics } from "./sink-topics.ts";

/** The generation that a run works in. */
export interface Generation {
  readonly control: ControlRecord;
  readonly isContinued: boolean;
}

/** Name of a stage's changelog topic. */
export function changelogTopic(pipeline: string, stage: { readonly id: string }): string {
  return `${pipeline}.${stage.id}.changelog`;
}

/** Name of a pipeline's dead-letter topic. */
export function deadLetterTopic(pipeline: string): string {
  return `${pipeline}.dead-letters`;
}

/** Makes sure that the topics exist in which runs tell each other how the pipeline stands. */
export async function createControlTopics(log: Log, pipeline: string): Promise<void> {
  for (const name of [controlTopic(pipeline), newsTopic(pipeline)]) {
    await atCrashPoints("create-topic", () =>
      log.createTopic({ name, partitions: 1, kind: "control" }),
    );
  }
}

/**
 * Decides between continuing and starting afresh, from the control record.
 *
 * A new generation is the millisecond at which it begins, or one more than the last: sinks outlive
 * logs, and must see that a new log's first generation comes after those that they know.
 *
 * @param options `mayRedo`: whether a generation that has been processed to its end is done anew;
 *   else it is continued, and there is nothing to do
 * @throws RUN_STATE_MISMATCH when there is state of another plan, another number of partitions or
 *   other input
 */
export async function decideGeneration(options: {
  log: Log;
  clock: Clock;
  plan: PhysicalPlan;
  sources: ReadonlyMap<string, Source>;
  topicSinks: ReadonlyMap<string, TopicSink>;
  isFresh: boolean;
  mayRedo: (finished: ControlRecord) => boolean;
}): Promise<Generation> {
  const { log, clock, plan, sources, topicSinks, isFresh, mayRedo } = options;
  const last = await readControl(log, plan.pipeline);
  const wanted = wantedOf(plan, sources);
  if (last === undefined || isFresh || !mayContinue(last, mayRedo)) {
    const generation = Math.max((last?.generation ?? 0) + 1, clock.now());
    const control: ControlRecord = {
      status: "starting",
      generation,
      ...wanted,
      stages: stageOutlines(plan),
      changelogFormat,
    };
    return { control, isContinued: false };
  }
  const problem = differenceOf(last, wanted) ?? (await changedTopic(log, topicSinks, last));
  if (problem !== undefined) {
    throw millraceError("RUN_STATE_MISMATCH", { pipeline: plan.pipeline, problem });
  }
  return { control: last, isContinued: true };
}

function mayContinue(last: ControlRecord, mayRedo: (last: ControlRecord) => boolean): boolean {
  return last.status === "running" || (last.status === "finished" && !mayRedo(last));
}

/**
 * Checks that a generation that another run has prepared is one of this run's plan and input.
 *
 * @throws RUN_STATE_MISMATCH
 */
export function checkGeneration(
  control: ControlRecord,
  plan: PhysicalPlan,
  sources: ReadonlyMap<string, Source>,
): void {
  const problem = differenceOf(control, wantedOf(plan, sources));
  if (problem === undefined) return;
  throw millraceError("RUN_STATE_MISMATCH", { pipeline: plan.pipeline, problem });
}

function wantedOf(
  plan: PhysicalPlan,
  sources: ReadonlyMap<string, Source>,
): Pick<ControlRecord, "fingerprint" | "partitions" | "sources"> {
  return {
    fingerprint: plan.fingerprint,
    partitions: plan.partitions,
    sources: Object.fromEntries([...sources].map(([id, source]) => [id, source.fingerprint])),
  };
}

function differenceOf(
  last: ControlRecord,
  wanted: Pick<ControlRecord, "fingerprint" | "partitions" | "sources">,
): string | undefined {
  if (last.partitions !== wanted.partitions) {
    return `its number of partitions is ${last.partitions}, the run's ${wanted.partitions}`;
  }
  if (last.changelogFormat !== changelogFormat) return "an older version of Millrace saved it";
  if (last.fingerprint !== wanted.fingerprint) return "the pipeline was changed";
  for (const [id, fingerprint] of Object.entries(wanted.sources)) {
    if (last.sources[id] !== fingerprint) return `the input of the source ${id} was changed`;
  }
  return undefined;
}

/**
 * Begins a new generation: old topics go, new ones come, every changelog gets its genesis record
 * (T3), the sinks forget what the old generation left. Safe to repeat: only the last step makes the
 * generation `running`.
 */
export async function startGeneration(options: {
  log: Log;
  membership: GroupMembership;
  plan: PhysicalPlan;
  control: ControlRecord;
  sinks: ReadonlyMap<string, OpenedSink>;
  topicSinks: ReadonlyMap<string, TopicSink>;
}): Promise<ControlRecord> {
  const { log, membership, plan, control, sinks, topicSinks } = options;
  const writer = await openControlWriter(log, plan, membership);
  try {
    await writeControl(log, writer, plan.pipeline, control);
    const old = await oldTopics(log, plan.pipeline);
    await fenceTasks(log, membership, old);
    // Who was held up until here must not delete what its successor has made.
    await atCrashPoints("confirm-control-writer", () => writer.commit());
    const names = old.map(({ name }) => name);
    await atCrashPoints("delete-topics", () => log.deleteTopics(names));
    for (const topic of topicsOf(plan)) {
      await atCrashPoints("create-topic", () => log.createTopic(topic));
    }
    const topics = await prepareSinkTopics(log, topicSinks, plan.partitions);
    for (const { sink } of sinks.values()) {
      await atCrashPoints("start-sink", () => sink.startAfresh());
    }
    const genesis = encodeChangelogRecord({ kind: "genesis", generation: control.generation });
    for (const stage of plan.stages) {
      for (let partition = 0; partition < plan.partitions; partition += 1) {
        writer.append(changelogTopic(plan.pipeline, stage), partition, genesis);
      }
    }
    await atCrashPoints("write-genesis", () => writer.commit());
    const running: ControlRecord = { ...control, status: "running", topics };
    await writeControl(log, writer, plan.pipeline, running);
    return running;
  } finally {
    await writer.close();
  }
}

/**
 * Ends the writers that tasks of other runs still have open, with what they are just committing: it
 * must not come into the new topics.
 */
async function fenceTasks(
  log: Log,
  membership: GroupMembership,
  topics: readonly TopicInfo[],
): Promise<void> {
  for (const { name: topic, partitions, kind } of topics) {
    if (kind !== "changelog") continue;
    for (let partition = 0; partition < partitions; partition += 1) {
      const id = `${topic.slice(0, -".changelog".length)}.${partition}`;
      const home = { topic, partition };
      const writer = await atCrashPoints("fence-writer", () =>
        log.openWriter(id, membership, home),
      );
      await writer.close();
    }
  }
}

function openControlWriter(
  log: Log,
  { pipeline }: PhysicalPlan,
  membership: GroupMembership,
): Promise<LogWriter> {
  const id = `${pipeline}.control`;
  return atCrashPoints("open-control-writer", () => log.openWriter(id, membership));
}

/** Records that the generation has been processed to its end. */
export async function finishGeneration(options: {
  log: Log;
  clock: Clock;
  membership: GroupMembership;
  plan: PhysicalPlan;
  control: ControlRecord;
}): Promise<void> {
  const { log, clock, membership, plan, control } = options;
  const writer = await openControlWriter(log, plan, membership);
  try {
    const finished = { ...control, status: "finished", finishedAtMs: clock.now() } as const;
    await writeControl(log, writer, plan.pipeline, finished);
  } finally {
    await writer.close();
  }
}

async function oldTopics(log: Log, pipeline: string): Promise<TopicInfo[]> {
  const topics = await log.topics();
  return topics
    .filter(({ name, kind }) => kind !== "records" && name.startsWith(`${pipeline}.`))
    .filter(({ name }) => name !== controlTopic(pipeline) && name !== newsTopic(pipeline));
}

function topicsOf(plan: PhysicalPlan): TopicSpec[] {
  const { partitions, pipeline } = plan;
  const topics: TopicSpec[] = [
    { name: deadLetterTopic(pipeline), partitions, kind: "dead-letters" },
  ];
  for (const stage of plan.stages) {
    topics.push({ name: changelogTopic(pipeline, stage), partitions, kind: "changelog" });
    for (const output of stage.outputs) {
      if (output.kind === "topic") continue;
      const kind = output.kind === "sink" ? "sink" : "repartition";
      topics.push({ name: output.topic, partitions, kind });
    }
  }
  return topics;
}
