import type { RecordRanges } from "./format.ts";
import type { Json } from "./json.ts";

// Invariants of every log:
//   L1. A partition is a sequence of records with ascending offsets. Offsets may be missing: of a
//     truncated prefix, and where a log keeps marks of its own between records.
//   L2. A transaction's records become readable all together, at its commit, or never.
//   L3. Opening a writer of an id fences every older writer of that id: its next commit fails,
//     nothing of it appears. Of writers with a home, those that it need not fence are the ones of
//     another member that is still one: who opens sees to it that they are closed, or sends the
//     member away (`removeMember`).
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

/**
 * What a topic is for: it decides retention. The name of every topic but one of records ends with a
 * dot and its kind.
 */
export type TopicKind =
  | "records"
  | "repartition"
  | "sink"
  | "changelog"
  | "control"
  | "dead-letters";

/** What a topic of that name is for. */
export function topicKind(name: string): TopicKind {
  const last = name.slice(name.lastIndexOf(".") + 1);
  const isOwn = name.includes(".") && ownKinds.has(last);
  return isOwn ? (last as TopicKind) : "records";
}

const ownKinds: ReadonlySet<string> = new Set<TopicKind>([
  "repartition",
  "sink",
  "changelog",
  "control",
  "dead-letters",
]);

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

/** A setting of a topic that was changed, or was never right. */
export interface TopicWarning {
  readonly setting: string;
  readonly actual: string;
  readonly wanted: string;
  /** What may come of it, as a clause. */
  readonly consequence: string;
}

/**
 * A membership in a pipeline's group, valid in every thread; a newer generation ends it. A writer
 * looks at each commit at what it was opened with, which may have gone on to a newer generation.
 */
export interface GroupMembership {
  readonly group: string;
  readonly generation: number;
  /** The member's id; empty where a group has one member only. */
  readonly member: string;
}

/** A member as the leader sees it. */
export interface GroupMember {
  readonly id: string;
  /** What it said of itself. */
  readonly about: Json;
}

/** How a member takes part in a group. */
export interface GroupOptions {
  readonly group: string;
  /** What this member says of itself each time it joins. */
  about(): Json;
  /**
   * Called when a generation has begun and what there is to do in it is not known yet: what stays
   * open can go on in its name.
   */
  begun?(membership: GroupMembership): void;
  /**
   * Deals out what there is to do; called on the leader, under a generation that older ones cannot
   * outlive. Members that it leaves out get null.
   */
  assign(
    members: readonly GroupMember[],
    membership: GroupMembership,
  ): Promise<ReadonlyMap<string, Json>>;
}

/** What a member has been given in one generation. */
export interface GroupShare {
  readonly membership: GroupMembership;
  readonly isLeader: boolean;
  readonly share: Json;
  /**
   * Aborted when members come or go, or this one was given up for lost: finish what can be
   * finished, and join again.
   */
  readonly changed: AbortSignal;
}

/** A group that this process takes part in. */
export interface Group {
  /** Whether others may be members beside this one. Where not, who joins last is the only one. */
  readonly isShared: boolean;
  /** Joins, or joins again after `changed`. */
  join(): Promise<GroupShare>;
  /** Leaves for good: the others need not wait until it is missed. */
  leave(): Promise<void>;
}

/** What a reader of a partition is to give. */
export interface LogReaderOptions {
  /**
   * Whether records come with their keys, times and headers, where the log has such. Default no.
   */
  readonly withMeta?: boolean;
  /**
   * Whether nobody reads records any more once the next ones are asked for, or the reader is
   * closed: the log may then use their memory again. Default no.
   */
  readonly isTransient?: boolean;
  /**
   * Whether who reads checks records by itself: those that were appended one by one are then given
   * as they are, also where they are damaged. Default no.
   */
  readonly hasOwnChecksums?: boolean;
}

/** A partition of a topic. */
export interface LogPartition {
  readonly topic: string;
  readonly partition: number;
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
  /** Takes a group over: confirms a new generation, which ends all older memberships. */
  joinGroup(group: string): Promise<GroupMembership>;
  /** Takes part in a group, whose members share what there is to do. */
  openGroup(options: GroupOptions): Promise<Group>;
  /**
   * Opens the only writer of `id`, fencing all older ones (L3).
   *
   * @param home a partition that all of its transactions write to, and nobody else's: the log may
   *   then commit it together with other writers of the same member
   * @throws LOG_GENERATION_STALE
   */
  openWriter(id: string, membership: GroupMembership, home?: LogPartition): Promise<LogWriter>;
  /** Sends a member of a group away: what it commits later fails. Absent where groups have one. */
  removeMember?(group: string, member: string): Promise<void>;
  /**
   * First offset that can be read, and the offset after the last committed record. @throws
   * LOG_TOPIC_UNKNOWN
   */
  bounds(topic: string, partition: number): Promise<{ start: Offset; end: Offset }>;
  /** A reader of committed records from `from` on. @throws LOG_OFFSET_OUT_OF_RANGE from `read` */
  openReader(
    topic: string,
    partition: number,
    from: Offset,
    options?: LogReaderOptions,
  ): Promise<LogReader>;
  /** Whether some process is a member of the group; absent where the log cannot tell. */
  hasMembers?(group: string): Promise<boolean>;
  /**
   * Forgets a group and what it has read; false when it has members. Absent where nothing is kept
   * of a group but its generation.
   */
  removeGroup?(group: string): Promise<boolean>;
  /** What may go wrong with the settings of a topic; absent where topics have none. */
  topicWarnings?(topic: string): Promise<readonly TopicWarning[]>;
  /**
   * A writer that fences nobody and that nobody fences, for programs that are no task.
   *
   * @param name what its id begins with, where the log lets in only whom it knows; several
   *   appenders may have the same one
   */
  openAppender(name?: string): Promise<LogWriter>;
  /** Makes the records before `before` unreadable and frees their space, soon. */
  truncate(topic: string, partition: number, before: Offset): Promise<void>;
  /**
   * Calls the listener when a reader that had nothing may have something now; ends with the signal.
   * Absent where only the writers of the same process can bring something.
   */
  onArrival?(listener: () => void, signal: AbortSignal): void;
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
   * @throws LOG_GENERATION_STALE when the group has gone on: nothing was written, nor forgotten,
   *   and `commit` may be called again once the membership has gone on as well
   * @throws LOG_COMMIT_INDEFINITE when the outcome is unknown: discard the writer, restore the task
   *   (T4)
   * @throws LOG_COMMIT_ABORTED when nothing was written: discard the writer, restore the task
   */
  commit(): Promise<void>;
  /**
   * Notes how far a topic has been read, for those who watch the pipeline's lag from outside; part
   * of the next commit that writes. Nothing depends on it (T3). Absent where nobody watches.
   */
  noteRead?(topic: string, partition: number, next: Offset): void;
  /**
   * Says which span, as a value of the header `traceparent`, the next commit is part of: the first
   * record of each partition carries it, but of topics that hold no rows. Absent where records have
   * no headers.
   */
  noteTrace?(traceParent: string): void;
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

/** Some records of a view, in the order of their indexes; the bytes are not copied. */
export function takeRecords(
  { buffer, meta, ...ranges }: RecordRanges,
  index: Int32Array,
): RecordRanges {
  const taken = (column: Int32Array): Int32Array => index.map((at) => column[at] as number);
  return {
    count: index.length,
    buffer,
    valueStart: taken(ranges.valueStart),
    valueLength: taken(ranges.valueLength),
    ...(meta && {
      meta: {
        keyStart: taken(meta.keyStart),
        keyLength: taken(meta.keyLength),
        timestamp: Float64Array.from(index, (at) => meta.timestamp[at] as number),
        headersStart: taken(meta.headersStart),
      },
    }),
  };
}

/** The offset of the i-th record of a view; of the one after the last when `index` is `count`. */
export function recordOffset(records: LogRecords, index: number): Offset {
  const { baseOffset, offsetDelta, count } = records;
  if (offsetDelta === undefined) return offset(baseOffset + BigInt(index));
  if (index < count) return offset(baseOffset + BigInt(offsetDelta[index] as number));
  const last = count === 0 ? -1 : (offsetDelta[count - 1] as number);
  return offset(baseOffset + BigInt(last + 1));
}

/** How many records of the view lie before an offset; all where it is undefined. */
export function recordsBefore(records: LogRecords, end: Offset | undefined): number {
  if (end === undefined) return records.count;
  let count = records.count;
  while (count > 0 && recordOffset(records, count - 1) >= end) count -= 1;
  return count;
}

/** Marks a whole number as an offset. */
export function offset(value: bigint | number): Offset {
  return BigInt(value) as Offset;
}
