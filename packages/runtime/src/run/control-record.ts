import { atCrashPoints, type Log, type LogWriter } from "@millrace/core";
import type { PhysicalPlan } from "@millrace/plan";
import { readLastRecord } from "./last-record.ts";

/**
 * What a pipeline's control topic says of its current generation; the last record counts.
 *
 * - `starting`: topics are being made; a run that finds this starts the generation over.
 * - `running`: the generation can be continued.
 * - `finished`: every input was bounded and has been processed to its end.
 */
export interface ControlRecord {
  readonly status: "starting" | "running" | "finished";
  /** Grows with each fresh start. */
  readonly generation: number;
  /** Of the physical plan. */
  readonly fingerprint: string;
  readonly partitions: number;
  /** Of each source, by id. */
  readonly sources: Readonly<Record<string, string>>;
  /**
   * How tasks are connected, in the order of the plan: for those who look from outside. Absent in
   * what earlier versions saved, which cannot be continued.
   */
  readonly stages?: readonly StageOutline[];
  /** `changelogFormat` of what wrote the changelogs; absent before it was 2. */
  readonly changelogFormat?: number;
  /** When it was finished, in ms since 1970. */
  readonly finishedAtMs?: number;
  /** Ids of the topics that are sinks, by name; known once it is running. */
  readonly topics?: Readonly<Record<string, string>>;
}

/** What a stage reads and writes. */
export interface StageOutline {
  readonly id: string;
  /** Names of repartition topics that it writes. */
  readonly topics: readonly string[];
  /** Ids of sinks that it writes. */
  readonly sinks: readonly string[];
  /** Ids of its operators. */
  readonly operators: readonly string[];
}

/** The stages of a plan, for the control record. */
export function stageOutlines(plan: PhysicalPlan): StageOutline[] {
  return plan.stages.map(({ id, outputs, operators }) => ({
    id,
    topics: outputs.filter((output) => output.kind === "shuffle").map((output) => output.topic),
    sinks: outputs.filter((output) => output.kind === "sink").map((output) => output.sinkId),
    operators: operators.map((operator) => operator.id),
  }));
}

/** Name of the control topic. */
export function controlTopic(pipeline: string): string {
  return `${pipeline}.control`;
}

/** Name of the topic in which runs that share a pipeline tell each other how they stand. */
export function newsTopic(pipeline: string): string {
  return `${pipeline}.news.control`;
}

/** The last record, or undefined for a pipeline that was never started on this log. */
export async function readControl(log: Log, pipeline: string): Promise<ControlRecord | undefined> {
  const bytes = await readLastRecord(log, controlTopic(pipeline), 0);
  if (bytes === undefined) return undefined;
  return JSON.parse(new TextDecoder().decode(bytes)) as ControlRecord;
}

/** Makes it the current record. */
export async function writeControl(
  log: Log,
  writer: LogWriter,
  pipeline: string,
  record: ControlRecord,
): Promise<void> {
  const topic = controlTopic(pipeline);
  const { end } = await log.bounds(topic, 0);
  writer.append(topic, 0, new TextEncoder().encode(JSON.stringify(record)));
  await atCrashPoints("write-control", () => writer.commit());
  await atCrashPoints("truncate-control", () => log.truncate(topic, 0, end));
}
