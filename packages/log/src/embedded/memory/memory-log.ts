import {
  assert,
  type Group,
  type GroupMembership,
  type GroupOptions,
  limits,
  type Log,
  type LogReader,
  type LogRecords,
  type LogWriter,
  millraceError,
  type Offset,
  type RecordRanges,
  type TopicInfo,
  type TopicSpec,
} from "@millrace/core";

import { openAppender } from "../open-appender.ts";
import { PendingRecords } from "../../pending-records.ts";
import { SoleGroup } from "../sole-group.ts";
import { MemoryPartition } from "./memory-partition.ts";

interface MemoryTopic {
  readonly info: TopicInfo;
  readonly partitions: readonly MemoryPartition[];
}

/**
 * A log in the memory of the process: for tests and for runs that nothing must outlive.
 *
 * Who holds the object shares the log: opening it anew is using the same object. `close` ends
 * nothing, the records live as long as the object. Values are kept by reference.
 */
export class MemoryLog implements Log {
  readonly #topics = new Map<string, MemoryTopic>();
  readonly #generations = new Map<string, number>();
  readonly #epochs = new Map<string, number>();
  /** Topics created so far, which numbers them. */
  #created = 0;

  /** @throws LOG_TOPIC_MISMATCH */
  async createTopic(spec: TopicSpec): Promise<void> {
    const { name, partitions: count } = spec;
    assert(
      Number.isInteger(count) && count >= 1 && count <= limits.partitionsMax,
      "a topic's number of partitions is within its bound",
    );
    const actual = this.#topics.get(name)?.info.partitions;
    if (actual === count) return;
    if (actual !== undefined) {
      throw millraceError("LOG_TOPIC_MISMATCH", { topic: name, expected: count, actual });
    }
    const partitions = Array.from(
      { length: count },
      (_, index) => new MemoryPartition(name, index),
    );
    this.#created += 1;
    this.#topics.set(name, { info: { ...spec, id: String(this.#created) }, partitions });
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    for (const name of names) this.#topics.delete(name);
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return [...this.#topics.values()].map((topic) => topic.info);
  }

  async joinGroup(group: string): Promise<GroupMembership> {
    const generation = (this.#generations.get(group) ?? 0) + 1;
    this.#generations.set(group, generation);
    return { group, generation, member: "" };
  }

  /** @throws LOG_GENERATION_STALE */
  async openWriter(id: string, membership: GroupMembership): Promise<LogWriter> {
    this.#checkGeneration(membership);
    const epoch = (this.#epochs.get(id) ?? 0) + 1;
    this.#epochs.set(id, epoch);
    return new MemoryLogWriter(id, {
      topic: (name) => this.#topic(name),
      check: () => {
        if (this.#epochs.get(id) !== epoch)
          throw millraceError("LOG_WRITER_FENCED", { writerId: id });
        this.#checkGeneration(membership);
      },
    });
  }

  /** @throws LOG_TOPIC_UNKNOWN */
  async bounds(topic: string, partition: number): Promise<{ start: Offset; end: Offset }> {
    return partitionOf(this.#topic(topic), partition).bounds;
  }

  /** @throws LOG_TOPIC_UNKNOWN; `read` of the reader LOG_OFFSET_OUT_OF_RANGE */
  async openReader(topic: string, partition: number, from: Offset): Promise<LogReader> {
    const opened = this.#topic(topic);
    return new MemoryLogReader(from, () => {
      this.#checkExists(opened);
      return partitionOf(opened, partition);
    });
  }

  async openGroup(options: GroupOptions): Promise<Group> {
    return new SoleGroup(this, options);
  }

  async openAppender(): Promise<LogWriter> {
    return openAppender(this);
  }

  /** @throws LOG_TOPIC_UNKNOWN, LOG_OFFSET_OUT_OF_RANGE when `before` is past the end */
  async truncate(topic: string, partition: number, before: Offset): Promise<void> {
    partitionOf(this.#topic(topic), partition).truncate(before);
  }

  async close(): Promise<void> {}

  #topic(name: string): MemoryTopic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
    return topic;
  }

  /**
   * A topic that was deleted and created again is another one: what was opened before does not see
   * it.
   */
  #checkExists(topic: MemoryTopic): void {
    const { name } = topic.info;
    if (this.#topics.get(name) !== topic) throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
  }

  #checkGeneration({ group, generation }: GroupMembership): void {
    const current = this.#generations.get(group) ?? 0;
    if (generation === current) return;
    throw millraceError("LOG_GENERATION_STALE", { group, generation, current });
  }
}

interface MemoryWriterAccess {
  topic(name: string): MemoryTopic;
  /** @throws LOG_WRITER_FENCED, LOG_GENERATION_STALE */
  check(): void;
}

class MemoryLogWriter implements LogWriter {
  readonly id: string;
  readonly #access: MemoryWriterAccess;
  readonly #pending = new PendingRecords<MemoryTopic>();

  constructor(id: string, access: MemoryWriterAccess) {
    this.id = id;
    this.#access = access;
  }

  get pendingBytes(): number {
    return this.#pending.sizeBytes;
  }

  append(topic: string, partition: number, value: Uint8Array): void {
    const found = this.#access.topic(topic);
    partitionOf(found, partition);
    this.#pending.append(found, partition, value);
  }

  appendAll(topic: string, partition: number, values: RecordRanges): void {
    if (values.meta !== undefined) throw millraceError("LOG_VALUES_ONLY", { topic });
    const found = this.#access.topic(topic);
    partitionOf(found, partition);
    this.#pending.appendAll(found, partition, values);
  }

  async commit(): Promise<void> {
    // No `await` between the checks and the last append: the transaction appears at once (L2).
    this.#access.check();
    for (const { topic } of this.#pending.partitions()) {
      const { name } = topic.info;
      const isCurrent = this.#access.topic(name) === topic;
      if (!isCurrent) throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
    }
    for (const { topic, partition, values } of this.#pending.partitions()) {
      partitionOf(topic, partition).append(values);
    }
    this.#pending.clear();
  }

  abort(): void {
    this.#pending.clear();
  }

  async close(): Promise<void> {
    this.#pending.clear();
  }
}

class MemoryLogReader implements LogReader {
  readonly #partition: () => MemoryPartition;
  #position: Offset;

  constructor(from: Offset, partition: () => MemoryPartition) {
    this.#partition = partition;
    this.#position = from;
  }

  get position(): Offset {
    return this.#position;
  }

  async read(bytesMax: number): Promise<LogRecords> {
    const records = this.#partition().read(this.#position, bytesMax);
    this.#position = (this.#position + BigInt(records.count)) as Offset;
    return records;
  }

  async close(): Promise<void> {}
}

function partitionOf(topic: MemoryTopic, partition: number): MemoryPartition {
  const found = topic.partitions[partition];
  assert(found !== undefined, "a partition's index is below the topic's number of partitions");
  return found;
}

/** Opens a new, empty log in memory. Give the object to all who share the log. */
export function openMemoryLog(): MemoryLog {
  return new MemoryLog();
}
