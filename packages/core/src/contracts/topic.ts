import type { RowSchema } from "../types/data-type.ts";
import type { RowType } from "../types/row-type.ts";
import type { RecordEncoder, RecordRanges } from "./format.ts";
import type { Json } from "./json.ts";
import type { Log } from "./log.ts";
import type { SinkDescriptor } from "./sink.ts";
import type { Source, SourceContext, SourceDescriptor } from "./source.ts";

/** A topic of the run's log as a user writes it: a source, and a sink of the same rows. */
export interface TopicDescriptor<Row extends object>
  extends SourceDescriptor<Row>, SinkDescriptor<Row> {
  readonly role: "topic";
  readonly topic: string;
  readonly rowType: RowType<Row>;
}

/** What a run tells a source that is a topic of its log. */
export interface TopicSourceContext extends SourceContext {
  /** The run's; not to be closed. */
  readonly log: Log;
}

/** Opens a source that is a topic; called as `OpenSource` is. */
export type OpenTopicSource = (context: TopicSourceContext) => Promise<Source>;

/** What a run tells a sink topic on opening it. */
export interface TopicSinkContext {
  readonly sinkId: string;
  readonly options: Json;
  /** Columns of the rows that are written. */
  readonly schema: RowSchema;
}

/**
 * A sink that is a topic of the run's log. It has no sink task: rows are appended in the
 * transaction of the task that made them (T2), so each is there exactly once.
 */
export interface TopicSink {
  readonly topic: string;
  /** Partitions that the topic must have; absent: those it has, or the run's where it is new. */
  readonly partitions?: number;
  /** Whether a fresh start keeps what is in the topic. */
  readonly whenFresh: "append" | "replace";
  /**
   * The partition of each record, −1 where the task may choose. Absent: the key of a keyed stream
   * chooses, of other streams the task.
   */
  choosePartitions?(records: RecordRanges, partitions: number): Int32Array;
  /** An encoder for one task. */
  createEncoder(): RecordEncoder;
}

/** Opens a sink topic; called as `OpenSource` is. */
export type OpenTopicSink = (context: TopicSinkContext) => Promise<TopicSink>;
