import {
  assert,
  type Group,
  type GroupMembership,
  type GroupOptions,
  limits,
  type Log,
  type LogReader,
  type LogReaderOptions,
  type LogWriter,
  millraceError,
  type Offset,
  offset,
  type TopicInfo,
  type TopicSpec,
} from "@millrace/core";

import { offsetOutOfRange } from "../../offset-out-of-range.ts";
import { openAppender } from "../open-appender.ts";
import { SoleGroup } from "../sole-group.ts";
import { mapStorageError } from "./error-map.ts";
import { LmdbLogReader } from "./lmdb-reader.ts";
import { checkGeneration, LmdbLogWriter, type WriterTopic } from "./lmdb-writer.ts";
import { type LmdbStorage, type LmdbSync, openStorage } from "./storage.ts";

const recordsPerRemovalMax = 1000;
const mapSizeBytesDefault = 16 * 1024 * 1024 * 1024;

/** How `openLmdbLog` opens a directory. */
export interface LmdbLogOptions {
  /** Created if it is missing. Several processes may open it: their writers fence each other. */
  readonly directory: string;
  /**
   * Address space for the file, 16 GiB unless given. It takes no disk space and grows by itself; it
   * is no bound on what is stored.
   */
  readonly mapSizeBytes?: number;
  /**
   * `always` (default): an acknowledged commit is on the disk. `os`: it is with the operating
   * system, so it survives the death of the process; a loss of power can damage the whole
   * directory.
   */
  readonly sync?: LmdbSync;
}

/**
 * A log in one LMDB directory: durable, for one or several processes of one machine.
 *
 * **Cost** a commit is one write transaction, of which there is one at a time per directory; a read
 * is one snapshot and one copy of the bytes
 */
export class LmdbLog implements Log {
  readonly #opened: LmdbStorage;
  readonly #topics = new Map<string, WriterTopic>();
  #isClosed = false;

  constructor(storage: LmdbStorage) {
    this.#opened = storage;
  }

  /** @throws LOG_TOPIC_MISMATCH, LOG_STORAGE_FAILED */
  async createTopic(spec: TopicSpec): Promise<void> {
    const { name, partitions, kind } = spec;
    assert(
      Number.isInteger(partitions) && partitions >= 1 && partitions <= limits.partitionsMax,
      "a topic's number of partitions is within its bound",
    );
    await this.#write((storage) => {
      const actual = storage.topics.get(name)?.partitions;
      if (actual === partitions) return;
      if (actual !== undefined) {
        throw millraceError("LOG_TOPIC_MISMATCH", { topic: name, expected: partitions, actual });
      }
      const number = storage.takeTopicNumber();
      storage.topics.putSync(name, { number, partitions, kind });
      for (let partition = 0; partition < partitions; partition++) {
        storage.putBounds(number, partition, { freed: 0n, start: 0n, end: 0n });
      }
    });
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    for (const name of names) this.#topics.delete(name);
    await this.#write((storage) => {
      for (const name of names) {
        const topic = storage.topics.get(name);
        if (topic === undefined) continue;
        storage.topics.removeSync(name);
        storage.dropped.putSync(topic.number, topic.number);
        for (let partition = 0; partition < topic.partitions; partition++) {
          storage.removeBounds(topic.number, partition);
        }
      }
    });
    await this.removeDropped();
  }

  async topics(): Promise<readonly TopicInfo[]> {
    const storage = this.#storage();
    storage.refresh();
    return Array.from(storage.topics.getRange(), ({ key, value }) => {
      const { number, partitions, kind } = value;
      return { name: key, partitions, kind, id: String(number) };
    });
  }

  async joinGroup(group: string): Promise<GroupMembership> {
    const generation = await this.#write((storage) => {
      const next = (storage.generations.get(group) ?? 0) + 1;
      storage.generations.putSync(group, next);
      return next;
    });
    return { group, generation, member: "" };
  }

  /** @throws LOG_GENERATION_STALE */
  async openWriter(id: string, membership: GroupMembership): Promise<LogWriter> {
    const epoch = await this.#write((storage) => {
      checkGeneration(storage, membership);
      const next = (storage.epochs.get(id) ?? 0) + 1;
      storage.epochs.putSync(id, next);
      return next;
    });
    // Another thread or process may have made topics anew since.
    this.#topics.clear();
    const access = {
      storage: () => this.#storage(),
      topic: (name: string) => this.#topic(name),
      forgetTopic: (name: string) => void this.#topics.delete(name),
    };
    return new LmdbLogWriter(id, access, membership, epoch);
  }

  /** @throws LOG_TOPIC_UNKNOWN */
  async bounds(topic: string, partition: number): Promise<{ start: Offset; end: Offset }> {
    const storage = this.#storage();
    storage.refresh();
    const { number } = readTopic(storage, topic, partition);
    const found = storage.bounds(number, partition);
    if (found === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
    return { start: offset(found.start), end: offset(found.end) };
  }

  /** @throws LOG_TOPIC_UNKNOWN; `read` of the reader LOG_OFFSET_OUT_OF_RANGE */
  async openReader(
    topic: string,
    partition: number,
    from: Offset,
    options?: LogReaderOptions,
  ): Promise<LogReader> {
    const storage = this.#storage();
    storage.refresh();
    const { number } = readTopic(storage, topic, partition);
    const target = { name: topic, number, partition };
    return new LmdbLogReader(() => this.#storage(), target, { ...options, from });
  }

  async openGroup(options: GroupOptions): Promise<Group> {
    return new SoleGroup(this, options);
  }

  async openAppender(): Promise<LogWriter> {
    return openAppender(this);
  }

  /** @throws LOG_TOPIC_UNKNOWN, LOG_OFFSET_OUT_OF_RANGE when `before` is past the end */
  async truncate(topic: string, partition: number, before: Offset): Promise<void> {
    // The first transaction moves the start; all of them remove a bounded number of records below
    // it.
    let isDone = false;
    while (!isDone) {
      isDone = await this.#write((storage) => {
        const { number } = readTopic(storage, topic, partition);
        const bounds = storage.bounds(number, partition);
        if (bounds === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
        if (before > bounds.end) {
          const range = { start: offset(bounds.start), end: offset(bounds.end) };
          throw offsetOutOfRange(topic, partition, before, range);
        }
        const start = before > bounds.start ? before : bounds.start;
        const freed = storage.removeRecords(number, partition, {
          from: bounds.freed,
          before: start,
          countMax: recordsPerRemovalMax,
        });
        storage.putBounds(number, partition, { freed, start, end: bounds.end });
        return freed === start;
      });
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#opened.close();
  }

  /** Removes the records of deleted topics, also of those whose deletion was cut short. */
  async removeDropped(): Promise<void> {
    let isDone = false;
    while (!isDone) {
      isDone = await this.#write((storage) => {
        const [number] = storage.dropped.getKeys({ limit: 1 });
        if (number === undefined) return true;
        const count = storage.removeRecordsOfTopic(number, recordsPerRemovalMax);
        if (count < recordsPerRemovalMax) storage.dropped.removeSync(number);
        return false;
      });
    }
  }

  async #write<Result>(action: (storage: LmdbStorage) => Result): Promise<Result> {
    const storage = this.#storage();
    try {
      return await storage.transaction(() => action(storage));
    } catch (cause) {
      throw mapStorageError(cause, storage.directory);
    }
  }

  #storage(): LmdbStorage {
    assert(!this.#isClosed, "a closed log is not used");
    return this.#opened;
  }

  #topic(name: string): WriterTopic {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const storage = this.#storage();
    storage.refresh();
    const stored = storage.topics.get(name);
    if (stored === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
    const topic = { name, number: stored.number, partitions: stored.partitions };
    this.#topics.set(name, topic);
    return topic;
  }
}

function readTopic(storage: LmdbStorage, name: string, partition: number): { number: number } {
  const topic = storage.topics.get(name);
  if (topic === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
  assert(
    partition >= 0 && partition < topic.partitions,
    "a partition's index is below the topic's number of partitions",
  );
  return topic;
}

/**
 * Opens the log in a directory, creating it if it is missing.
 *
 * @throws LOG_STORAGE_FAILED when the directory cannot be created, read or written
 */
export async function openLmdbLog(options: LmdbLogOptions): Promise<LmdbLog> {
  const storage = await openStorage({
    directory: options.directory,
    mapSizeBytes: options.mapSizeBytes ?? mapSizeBytesDefault,
    sync: options.sync ?? "always",
  });
  const log = new LmdbLog(storage);
  await log.removeDropped();
  return log;
}
