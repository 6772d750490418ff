import {
  assertUserInput,
  type FormatDescriptor,
  type Json,
  limits,
  type TopicDescriptor,
} from "@millrace/core";
import { writesKeys } from "@millrace/formats";

/** Options of a topic; each is of the source or of the sink. */
export interface TopicOptions {
  /**
   * Source: `"end"` reads up to what the topic holds when the run opens it, and then ends; a run
   * that continues reads up to the end it finds. Default: the source has no end.
   */
  readonly until?: "end";
  /** Sink: partitions of a new topic, 1 … 240; default those of the run. */
  readonly partitions?: number;
  /**
   * Sink: what a fresh start of the pipeline does with the topic. `append` (default) keeps what is
   * in it; `replace` makes it anew, so that pipelines that read it must start afresh as well.
   */
  readonly whenFresh?: "append" | "replace";
  /**
   * Sink: what chooses a row's partition. `row-key` (default) is the key of a keyed stream, by a
   * hash of Millrace's own. `record-key` is the key of the record, which `withMetadata` writes, by
   * the hash of Kafka's own producers: rows stand in the partition in which those would put them,
   * and in the order in which the pipeline's task had them.
   */
  readonly partitionBy?: "row-key" | "record-key";
  /**
   * Source: what becomes of a record without a value, which deletes what came before with its key.
   * `dead-letter` (default) keeps its key and offset; `skip` passes over it, as it must be for
   * topics that are compacted all the time. The embedded log has no such records.
   */
  readonly tombstones?: "dead-letter" | "skip";
  /**
   * Source: where a fresh start begins to read. `earliest` (default) is the first record that the
   * topic holds, `latest` what comes after the run has opened it.
   */
  readonly startAt?: "earliest" | "latest";
  /**
   * Source: what to do where the topic no longer has the next record, as it was truncated before it
   * was read. `fail` (default) ends the run with `LOG_OFFSET_OUT_OF_RANGE`; `earliest` goes on with
   * the first record that is there, `latest` with those to come; a dead letter with that code tells
   * which offset was missed and where it goes on. May be changed between two runs.
   */
  readonly offsetOutOfRange?: OffsetOutOfRangePolicy;
}

/** What to do where a topic no longer has the next record. */
export type OffsetOutOfRangePolicy = "fail" | "earliest" | "latest";

const namePattern = /^[A-Za-z][A-Za-z0-9._-]*$/;

/**
 * A topic of the log that the pipeline runs on: a source, and a sink of rows with the same columns.
 *
 * As a source, its partitions are read from their start by offset; a record that the format refuses
 * is a dead letter with its offset. As a sink, rows are appended in the transaction of the task
 * that made them, so each is there exactly once; the hash of the key chooses the partition of a
 * keyed stream, the task's number that of others. The sink takes rows that are only added.
 *
 * @param name letters, digits, `.`, `-` and `_`, at most 100, starting with a letter
 * @throws MillraceError `PLAN_ARGUMENT_INVALID`
 */
export function topic<Row extends object>(
  name: string,
  format: FormatDescriptor<Row>,
  options: TopicOptions = {},
): TopicDescriptor<Row> {
  checkTopicName(name);
  const { whenFresh = "append", partitionBy = "row-key", offsetOutOfRange, ...others } = options;
  for (const [option, words] of Object.entries(wordsOf)) checkWord(options, option, words);
  assertUserInput(
    partitionBy === "row-key" || writesKeys(format),
    'topic: partitionBy "record-key" needs a column that recordKey makes',
  );
  if (others.partitions !== undefined) checkPartitions(others.partitions);
  return {
    role: "topic",
    connector: "topic",
    topic: name,
    rowType: format.rowType,
    guarantee: "exactly-once",
    options: {
      topic: name,
      format: format.format,
      formatOptions: format.options,
      schema: format.rowType.schema as unknown as Json,
      whenFresh,
      ...(partitionBy === "row-key" ? {} : { partitionBy }),
      ...given(others),
      ...(offsetOutOfRange === undefined ? {} : { reading: { offsetOutOfRange } }),
    },
  };
}

/** The words that options may have. */
const wordsOf: Readonly<Record<string, readonly string[]>> = {
  until: ["end"],
  whenFresh: ["append", "replace"],
  partitionBy: ["row-key", "record-key"],
  tombstones: ["dead-letter", "skip"],
  startAt: ["earliest", "latest"],
  offsetOutOfRange: ["fail", "earliest", "latest"],
};

function checkWord(options: TopicOptions, option: string, words: readonly string[]): void {
  const value: unknown = (options as Readonly<Record<string, unknown>>)[option];
  const isKnown = value === undefined || words.includes(value as string);
  const choice = words.map((word) => `"${word}"`).join(" or ");
  assertUserInput(isKnown, `topic: ${option} must be ${choice}`);
}

/** Options that are not left out. */
function given(options: TopicOptions): Record<string, Json> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** @throws MillraceError `PLAN_ARGUMENT_INVALID` */
export function checkTopicName(name: string): void {
  const isName = typeof name === "string" && namePattern.test(name);
  assertUserInput(
    isName && name.length <= limits.idLengthMax,
    `topic: ${JSON.stringify(name)} is not a name: use letters, digits, ".", "-" and "_"`,
  );
}

/** @throws MillraceError `PLAN_ARGUMENT_INVALID` */
export function checkPartitions(partitions: number): void {
  assertUserInput(
    Number.isInteger(partitions) && partitions >= 1 && partitions <= limits.partitionsMax,
    `topic: partitions must be a whole number from 1 to ${limits.partitionsMax}`,
  );
}
