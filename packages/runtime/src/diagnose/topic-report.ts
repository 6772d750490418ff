import { type Log, type TopicInfo, type TopicKind, type TopicWarning } from "@millrace/core";
import { controlTopic, newsTopic, readControl } from "../run/control-record.ts";

/** A topic of a log as people ask for it. */
export interface TopicReport {
  readonly name: string;
  readonly kind: TopicKind;
  readonly partitions: number;
  /**
   * Offsets between start and end: as many records, where the log keeps no marks of its own between
   * them.
   */
  readonly records: number;
  /** What it is for, as a sentence without its end. */
  readonly purpose: string;
  readonly warnings: readonly TopicWarning[];
}

/**
 * How a pipeline stands: a process runs it; none does, but it can go on; it has processed all of
 * its bounded input; or there are topics of its name without a control record, which nothing can
 * continue.
 */
export type PipelineState = "running" | "stopped" | "finished" | "gone";

/** The topics that a pipeline has made for itself. */
export interface PipelineTopics {
  readonly pipeline: string;
  readonly state: PipelineState;
  readonly topics: readonly TopicReport[];
}

/** All topics of a log, in order of their names. */
export interface TopicsReport {
  /** Topics that pipelines and other programs share. */
  readonly records: readonly TopicReport[];
  readonly pipelines: readonly PipelineTopics[];
}

/**
 * Tells what topics a log has, whose they are, and what is wrong with their settings. Reads bounds
 * and control records; changes nothing, also while pipelines run.
 *
 * **Cost** two requests a partition on Kafka, and one a topic of a pipeline's
 *
 * @param isRunning whether a process runs a pipeline now
 */
export async function reportTopics(
  log: Log,
  isRunning: (pipeline: string) => Promise<boolean>,
): Promise<TopicsReport> {
  const all = (await log.topics()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const records = [];
  const own = new Map<string, TopicReport[]>();
  for (const topic of all) {
    const report = await reportTopic(log, topic);
    if (topic.kind === "records") records.push(report);
    else mapEntry(own, ownerOf(topic.name)).push(report);
  }
  const pipelines = [];
  for (const [pipeline, topics] of own) {
    const state = await stateOf(log, pipeline, topics, isRunning);
    pipelines.push({ pipeline, state, topics });
  }
  return { records, pipelines };
}

async function reportTopic(log: Log, { name, kind, partitions }: TopicInfo): Promise<TopicReport> {
  let records = 0;
  for (let partition = 0; partition < partitions; partition += 1) {
    const { start, end } = await log.bounds(name, partition);
    records += Number(end - start);
  }
  const warnings = (await log.topicWarnings?.(name)) ?? [];
  return { name, kind, partitions, records, purpose: purposeOf(name, kind), warnings };
}

async function stateOf(
  log: Log,
  pipeline: string,
  topics: readonly TopicReport[],
  isRunning: (pipeline: string) => Promise<boolean>,
): Promise<PipelineState> {
  if (await isRunning(pipeline)) return "running";
  const hasControl = topics.some(({ name }) => name === controlTopic(pipeline));
  const control = hasControl ? await readControl(log, pipeline) : undefined;
  if (control === undefined) return "gone";
  return control.status === "finished" ? "finished" : "stopped";
}

/** The pipeline that a topic of its own is named for: names of pipelines have no dots. */
export function ownerOf(topic: string): string {
  return topic.slice(0, topic.indexOf("."));
}

function purposeOf(name: string, kind: TopicKind): string {
  const pipeline = ownerOf(name);
  const id = name.slice(pipeline.length + 1, -kind.length - 1);
  switch (kind) {
    case "records":
      return "records that pipelines and other programs share";
    case "control":
      return name === newsTopic(pipeline)
        ? "what runs of the pipeline tell each other"
        : "how the pipeline stands, and what it was started with";
    case "changelog":
      return `state and progress of the stage ${id}`;
    case "repartition":
      return `rows on their way to the task that owns their key (${id})`;
    case "sink":
      return `rows that are still to be written to the sink ${id}`;
    case "dead-letters":
      return "records that could not go on, for pipe dead-letters";
  }
}

function mapEntry<Value>(map: Map<string, Value[]>, key: string): Value[] {
  const present = map.get(key) ?? [];
  map.set(key, present);
  return present;
}
