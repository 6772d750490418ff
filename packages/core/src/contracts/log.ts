import type { RecordRanges } from "./format.ts";
import type { Json } from "./json.ts";

// Invariants of every log:
//   L1. A partition is a sequence of records with ascending offsets. Offsets may be missing: of a
//     truncated prefix, and where a log keeps marks of its own between records.
//   L2. A transaction's records become readable all together, at its commit, or never.
//   L3. Opening a writer of an id fences every older writer of that id: its next commit fails,
//     nothing of it appears.
//   L4. A commit that was acknowledged survives the death of the process (memory: of the reader,
//     not of the process).
//   L5. `truncate` removes a prefix only; offsets of what remains do not change.

/** Offset of a record in its partition. */
export type Offset = bigint & { readonly __offset: "Offset" };

/**
 * A view of records of one partition, in order. A `valueLength` of −1 stands for a record without a
 * value (a tombstone); the embedded log has none.
 */
export interface LogRecords extends RecordRanges {
  /** Offset of the first record, or of the next one where there is none. */
  readonly baseOffset: Offset;
  /** Offset of each record minus `baseOffset`; absent when it is 0, 1, 2, … */
  readonly offsetDelta?: Int32Array;
}

/** What a topic is for: it decides retention, and later a Kafka topic's settings. */
export type TopicKind = "records" | "repartition" | "sink" | "changelog" | "dead-letters";

/** A topic as it is created. Partitions are counted from 0. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly kind: TopicKind;
}

/** A topic as it is: `id` is another one when it has been deleted and created again (T3). */
export interface TopicInfo extends TopicSpec {
  readonly id: string;
}

/** A membership in a pipeline's group; a newer generation ends the older ones. */
export interface GroupMembership {
  readonly group: string;
  readonly generation: number;
}

/** Topics of partitions, transactions over them, readers from an offset. */
export interface Log {
  /**
   * Creates the topic, or confirms that it exists with so many partitions. @throws
   * LOG_TOPIC_MISMATCH
   */
  createTopic(spec: TopicSpec): Promise<void>;
  /** Removes topics with all their records; unknown names are ignored. */
  deleteTopics(names: readonly string[]): Promise<void>;
  topics(): Promise<readonly TopicInfo[]>;
  /** Joins the group anew: confirms a new generation, which ends all older ones. */
  joinGroup(group: string): Promise<GroupMembership>;
  /** Opens the only writer of `id`, fencing all older ones (L3). @throws LOG_GENERATION_STALE */
  openWriter(id: string, membership: GroupMembership): Promise<LogWriter>;
  /**
   * First offset that can be read, and the offset after the last committed record. @throws
   * LOG_TOPIC_UNKNOWN
   */
  bounds(topic: string, partition: number): Promise<{ start: Offset; end: Offset }>;
  /** A reader of committed records from `from` on. @throws LOG_OFFSET_OUT_OF_RANGE from `read` */
  openReader(topic: string, partition: number, from: Offset): Promise<LogReader>;
  /** Makes the records before `before` unreadable and frees their space, soon. */
  truncate(topic: string, partition: number, before: Offset): Promise<void>;
  close(): Promise<void>;
}

/** One transaction at a time. */
export interface LogWriter {
  readonly id: string;
  /**
   * Adds a record to the open transaction; nothing is visible before `commit`. The bytes are not
   * copied: leave them.
   */
  append(topic: string, partition: number, value: Uint8Array): void;
  /** Adds each value as a record, in order. Neither bytes nor places are copied: leave them. */
  appendAll(topic: string, partition: number, values: RecordRanges): void;
  /** Bytes appended since the last commit. */
  readonly pendingBytes: number;
  /**
   * Commits what was appended since the last commit. An empty transaction is allowed and writes
   * nothing.
   *
   * @throws LOG_WRITER_FENCED when a newer writer exists: nothing was written
   * @throws LOG_COMMIT_INDEFINITE when the outcome is unknown: discard the writer, restore the task
   *   (T4)
   */
  commit(): Promise<void>;
  /** Forgets what was appended since the last commit. */
  abort(): void;
  close(): Promise<void>;
}

/** Reads the committed records of one partition in order of offset. One call at a time. */
export interface LogReader {
  /**
   * The next records, at most about `bytesMax`, at least one if there is one; count 0 when caught
   * up.
   */
  read(bytesMax: number): Promise<LogRecords>;
  /** Offset of the next record that `read` gives. */
  readonly position: Offset;
  close(): Promise<void>;
}

/** What `Log` implementations are opened with; plain data so that it can be a setting. */
export interface LogConfig {
  readonly kind: string;
  readonly options: Json;
}

/** The i-th value of a view, not copied. */
export function recordValue(records: RecordRanges, index: number): Uint8Array {
  const start = records.valueStart[index] as number;
  return records.buffer.subarray(start, start + (records.valueLength[index] as number));
}

/** The offset of the i-th record of a view; of the one after the last when `index` is `count`. */
export function recordOffset(records: LogRecords, index: number): Offset {
  const { baseOffset, offsetDelta, count } = records;
  if (offsetDelta === undefined) return offset(baseOffset + BigInt(index));
  if (index < count) return offset(baseOffset + BigInt(offsetDelta[index] as number));
  const last = count === 0 ? -1 : (offsetDelta[count - 1] as number);
  return offset(baseOffset + BigInt(last + 1));
}

/** Marks a whole number as an offset. */
export function offset(value: bigint | number): Offset {
  return BigInt(value) as Offset;
}
