import {
  type Json,
  type Log,
  millraceError,
  type RecordFormat,
  type RowSchema,
  type TopicInfo,
} from "@millrace/core";
import { recordFormat } from "@millrace/formats";
import type { OffsetOutOfRangePolicy } from "./descriptor.ts";

/** The validated options of a topic. */
export interface TopicConfig {
  readonly topic: string;
  readonly format: RecordFormat;
  /** The row type's columns, which a record holds. */
  readonly schema: RowSchema;
  readonly isBounded: boolean;
  readonly partitions: number | undefined;
  readonly whenFresh: "append" | "replace";
  readonly partitionBy: "row-key" | "record-key";
  readonly tombstones: "dead-letter" | "skip";
  readonly startAt: "earliest" | "latest";
  readonly offsetOutOfRange: OffsetOutOfRangePolicy;
}

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function readConfig(options: Json): TopicConfig {
  const members = (options ?? {}) as Record<string, Json>;
  const { topic, format, formatOptions = {}, schema, until, partitions, whenFresh } = members;
  const reading = members["reading"] as { offsetOutOfRange: OffsetOutOfRangePolicy } | undefined;
  if (typeof topic !== "string") throw invalid("topic must be a name");
  if (typeof format !== "string") throw invalid("format must be a name");
  return {
    topic,
    format: recordFormat({ format, options: formatOptions }, { topic, part: "value" }),
    schema: schema as unknown as RowSchema,
    isBounded: until === "end",
    partitions: partitions as number | undefined,
    whenFresh: whenFresh === "replace" ? "replace" : "append",
    partitionBy: members["partitionBy"] === "record-key" ? "record-key" : "row-key",
    tombstones: members["tombstones"] === "skip" ? "skip" : "dead-letter",
    startAt: members["startAt"] === "latest" ? "latest" : "earliest",
    offsetOutOfRange: reading?.offsetOutOfRange ?? "fail",
  };
}

/**
 * The topic of that name; undefined where there is none.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` when it holds a pipeline's state
 */
export async function findTopic(log: Log, name: string): Promise<TopicInfo | undefined> {
  const info = (await log.topics()).find((candidate) => candidate.name === name);
  if (info === undefined || info.kind === "records") return info;
  throw invalid(`the topic ${name} is a pipeline's own`);
}

function invalid(problem: string): Error {
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector: "topic", problem });
}
