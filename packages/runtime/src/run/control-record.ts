import { type Log, type LogWriter, millraceError, offset, recordValue } from "@millrace/core";
import type { PhysicalPlan } from "@millrace/plan";

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

/** The last record, or undefined for a pipeline that was never started on this log. */
export async function readControl(log: Log, pipeline: string): Promise<ControlRecord | undefined> {
  const topic = controlTopic(pipeline);
  const { start, end } = await log.bounds(topic, 0);
  if (end === start) return undefined;
  const reader = await log.openReader(topic, 0, offset(end - 1n));
  try {
    const records = await reader.read(1);
    if (records.count === 0) {
      throw millraceError("LOG_CORRUPT", {
        topic,
        partition: 0,
        offset: `${end - 1n}`,
        problem: "the last record cannot be read",
      });
    }
    return JSON.parse(new TextDecoder().decode(recordValue(records, 0))) as ControlRecord;
  } finally {
    await reader.close();
  }
}

/** Makes it the current record. */
export async function writeControl(
  log: Log,
  writer: LogWriter,
  pipeline: string,
  record: ControlRecord,
): Promise<void> {
  const topic = controlTopic(pipeline);
  writer.append(topic, 0, new TextEncoder().encode(JSON.stringify(record)));
  await writer.commit();
  const { end } = await log.bounds(topic, 0);
  await log.truncate(topic, 0, offset(end - 1n));
}
