import {
  assert,
  type GroupMembership,
  type LogWriter,
  millraceError,
  type RecordRanges,
} from "@millrace/core";

import { PendingRecords } from "../../pending-records.ts";
import { mapCommitError } from "./error-map.ts";
import type { LmdbStorage } from "./storage.ts";

/** A topic as a writer knows it; equal topics are one object. */
export interface WriterTopic {
  readonly name: string;
  readonly number: number;
  readonly partitions: number;
}

/** What a writer needs of its log. */
export interface WriterAccess {
  storage(): LmdbStorage;
  /** @throws LOG_TOPIC_UNKNOWN */
  topic(name: string): WriterTopic;
  forgetTopic(name: string): void;
}

/**
 * Writes transactions; each is one transaction of LMDB that checks again that the writer is the
 * newest.
 */
export class LmdbLogWriter implements LogWriter {
  readonly id: string;
  readonly #access: WriterAccess;
  readonly #membership: GroupMembership;
  readonly #epoch: number;
  readonly #pending = new PendingRecords<WriterTopic>();
  #isCommitting = false;

  constructor(id: string, access: WriterAccess, membership: GroupMembership, epoch: number) {
    this.id = id;
    this.#access = access;
    this.#membership = membership;
    this.#epoch = epoch;
  }

  get pendingBytes(): number {
    return this.#pending.sizeBytes;
  }

  append(topic: string, partition: number, value: Uint8Array): void {
    this.#pending.append(this.#topic(topic, partition), partition, value);
  }

  appendAll(topic: string, partition: number, values: RecordRanges): void {
    if (values.meta !== undefined) throw millraceError("LOG_VALUES_ONLY", { topic });
    this.#pending.appendAll(this.#topic(topic, partition), partition, values);
  }

  #topic(name: string, partition: number): WriterTopic {
    assert(!this.#isCommitting, "nothing is appended while a commit is under way");
    const found = this.#access.topic(name);
    assert(
      partition >= 0 && partition < found.partitions,
      "a partition's index is below the topic's number of partitions",
    );
    return found;
  }

  async commit(): Promise<void> {
    assert(!this.#isCommitting, "a writer commits one transaction at a time");
    const storage = this.#access.storage();
    let isApplied = false;
    this.#isCommitting = true;
    try {
      if (this.#pending.isEmpty) {
        storage.refresh();
        this.#check(storage);
        return;
      }
      await storage.transaction(() => {
        this.#check(storage);
        this.#apply(storage);
        isApplied = true;
      });
      this.#pending.clear();
    } catch (cause) {
      throw mapCommitError(cause, { directory: storage.directory, writerId: this.id, isApplied });
    } finally {
      this.#isCommitting = false;
    }
  }

  abort(): void {
    assert(!this.#isCommitting, "a commit that is under way cannot be aborted");
    this.#pending.clear();
  }

  async close(): Promise<void> {
    this.abort();
  }

  /** @throws LOG_WRITER_FENCED, LOG_GENERATION_STALE */
  #check(storage: LmdbStorage): void {
    if (storage.epochs.get(this.id) !== this.#epoch) {
      throw millraceError("LOG_WRITER_FENCED", { writerId: this.id });
    }
    checkGeneration(storage, this.#membership);
  }

  #apply(storage: LmdbStorage): void {
    for (const { topic, partition, values } of this.#pending.partitions()) {
      const bounds = storage.bounds(topic.number, partition);
      if (bounds === undefined) {
        this.#access.forgetTopic(topic.name);
        throw millraceError("LOG_TOPIC_UNKNOWN", { topic: topic.name });
      }
      let end = bounds.end;
      for (const value of values) {
        if (value instanceof Uint8Array) storage.putRecord(topic.number, partition, end++, value);
        else end = storage.putRecords(topic.number, partition, end, value);
      }
      storage.putBounds(topic.number, partition, { ...bounds, end });
    }
  }
}

/** @throws LOG_GENERATION_STALE when a newer generation was confirmed */
export function checkGeneration(storage: LmdbStorage, membership: GroupMembership): void {
  const { group, generation } = membership;
  const current = storage.generations.get(group) ?? 0;
  if (generation === current) return;
  throw millraceError("LOG_GENERATION_STALE", { group, generation, current });
}
