import { mkdir } from "node:fs/promises";
import {
  crashPoint,
  type RecordRanges,
  recordValue,
  type TopicKind,
  yieldToEventLoop,
} from "@millrace/core";
import { type Database, open, type RootDatabase } from "lmdb";

import { checkDataFile } from "./check-data-file.ts";
import { checksumBytes, isIntact, seal, sealed } from "./checksum.ts";
import { mapStorageError } from "./error-map.ts";
import { chunkEnd, decodeChunk, encodeChunk, type RecordChunk } from "./record-chunk.ts";

/** When a commit is acknowledged: written to the disk, or handed to the operating system. */
export type LmdbSync = "always" | "os";

/** What is kept about a topic, under its name. */
export interface StoredTopic {
  readonly number: number;
  readonly partitions: number;
  readonly kind: TopicKind;
}

/**
 * Where a partition begins and ends. Records from `freed` to `start` are truncated, not yet
 * removed.
 */
export interface PartitionBounds {
  readonly freed: bigint;
  readonly start: bigint;
  readonly end: bigint;
}

const keyBytes = 16;
const boundsBytes = 24 + checksumBytes;
const formatVersion = 2;

/**
 * One LMDB environment with the databases of the log. Keys and numbers are big-endian, so that
 * order is kept.
 */
export class LmdbStorage {
  readonly directory: string;
  readonly #root: RootDatabase<Uint8Array, Uint8Array>;
  readonly topics: Database<StoredTopic, string>;
  /** Numbers of deleted topics whose records are not all removed yet. */
  readonly dropped: Database<number, number>;
  readonly epochs: Database<number, string>;
  readonly generations: Database<number, string>;
  readonly #meta: Database<number, string>;
  readonly #bounds: Database<Uint8Array, Uint8Array>;
  /** Records that were appended one by one, by their offset. */
  readonly #records: Database<Uint8Array, Uint8Array>;
  /** Records that were appended together, by the offset of the first one of a chunk. */
  readonly #chunks: Database<Uint8Array, Uint8Array>;
  readonly #key: Uint8Array = new Uint8Array(keyBytes);
  readonly #keyView: DataView = new DataView(this.#key.buffer);

  constructor(directory: string, root: RootDatabase<Uint8Array, Uint8Array>) {
    const plain = { encoding: "json", cache: false } as const;
    const binary = { encoding: "binary", keyEncoding: "binary", cache: false } as const;
    this.directory = directory;
    this.#root = root;
    this.topics = root.openDB("topics", { ...plain, keyEncoding: "ordered-binary" });
    this.dropped = root.openDB("dropped", { ...plain, keyEncoding: "ordered-binary" });
    this.epochs = root.openDB("epochs", { ...plain, keyEncoding: "ordered-binary" });
    this.generations = root.openDB("generations", { ...plain, keyEncoding: "ordered-binary" });
    this.#meta = root.openDB("meta", { ...plain, keyEncoding: "ordered-binary" });
    this.#bounds = root.openDB("bounds", binary);
    this.#records = root.openDB("records", binary);
    this.#chunks = root.openDB("chunks", binary);
  }

  /**
   * Runs `action` as one write transaction: all of it or, when it throws, nothing. It is durable on
   * return.
   *
   * It blocks the thread for as long as the commit takes. LMDB's binding can commit on another
   * thread, but its small commits take longer, and a commit that fails there (a full disk) ends the
   * process by an unhandled rejection inside the binding.
   */
  async transaction<Result>(action: () => Result): Promise<Result> {
    try {
      const result = this.#root.transactionSync(() => {
        const done = action();
        crashPoint("before-commit-lmdb");
        return done;
      });
      crashPoint("after-commit-lmdb");
      return result;
    } finally {
      // A loop of commits alone would else never let timers and sockets have their turn.
      await yieldToEventLoop();
    }
  }

  /** Makes the following reads of this turn see the newest commit, also one of another process. */
  refresh(): void {
    this.#root.resetReadTxn();
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  /** Confirms the format; writes it into a new directory. */
  async checkFormat(): Promise<void> {
    const version = await this.transaction(() => {
      const found = this.#meta.get("format");
      if (found === undefined) this.#meta.putSync("format", formatVersion);
      return found ?? formatVersion;
    });
    if (version === formatVersion) return;
    const problem = `its format is ${version}, this release reads ${formatVersion}`;
    throw mapStorageError(new Error(problem), this.directory);
  }

  /** A topic number that was never used; inside a transaction. */
  takeTopicNumber(): number {
    const number = this.#meta.get("nextTopic") ?? 1;
    this.#meta.putSync("nextTopic", number + 1);
    return number;
  }

  bounds(topic: number, partition: number): PartitionBounds | undefined {
    const stored = this.#bounds.getBinary(this.#keyOf(topic, partition, 0n));
    if (stored === undefined) return undefined;
    if (stored.length !== boundsBytes || !isIntact(stored)) {
      throw mapStorageError(new Error("where a partition ends is damaged"), this.directory);
    }
    return {
      freed: stored.readBigUInt64BE(0),
      start: stored.readBigUInt64BE(8),
      end: stored.readBigUInt64BE(16),
    };
  }

  putBounds(topic: number, partition: number, { freed, start, end }: PartitionBounds): void {
    const stored = Buffer.alloc(boundsBytes);
    stored.writeBigUInt64BE(freed, 0);
    stored.writeBigUInt64BE(start, 8);
    stored.writeBigUInt64BE(end, 16);
    this.#bounds.putSync(this.#keyOf(topic, partition, 0n), seal(stored));
  }

  removeBounds(topic: number, partition: number): void {
    this.#bounds.removeSync(this.#keyOf(topic, partition, 0n));
  }

  /** A record with its checksum, valid until the next read only. */
  record(topic: number, partition: number, at: bigint): Uint8Array | undefined {
    return valueIn(this.#records, this.#keyOf(topic, partition, at));
  }

  /** The chunk that holds a record that was not put by itself. */
  chunk(topic: number, partition: number, at: bigint): RecordChunk | undefined {
    const exact = valueIn(this.#chunks, this.#keyOf(topic, partition, at));
    if (exact !== undefined) return decodeChunk(at, exact);
    const start = this.#keyOf(topic, partition, at).slice();
    const [below] = this.#chunks.getKeys({ start, reverse: true, limit: 1 });
    if (below === undefined) return undefined;
    const key = Uint8Array.from(below);
    const view = new DataView(key.buffer);
    if (view.getUint32(0) !== topic || view.getUint32(4) !== partition) return undefined;
    const encoded = valueIn(this.#chunks, key);
    const first = view.getBigUint64(8);
    const chunk = encoded === undefined ? undefined : decodeChunk(first, encoded);
    return chunk !== undefined && at < first + BigInt(chunk.count) ? chunk : undefined;
  }

  putRecord(topic: number, partition: number, at: bigint, value: Uint8Array): void {
    this.#records.putSync(this.#keyOf(topic, partition, at), sealed(value));
  }

  /** Puts values as records from `at` on, in chunks. @returns the offset after them */
  putRecords(topic: number, partition: number, at: bigint, values: RecordRanges): bigint {
    let next = at;
    for (let from = 0; from < values.count;) {
      const to = chunkEnd(values, from);
      if (to === from + 1) this.putRecord(topic, partition, next, recordValue(values, from));
      else this.#chunks.putSync(this.#keyOf(topic, partition, next), encodeChunk(values, from, to));
      next += BigInt(to - from);
      from = to;
    }
    return next;
  }

  /**
   * Removes the records from `from` on that are below `before`, up to `countMax` entries. A chunk
   * stays until all of its records may go.
   *
   * @returns the offset up to which this is done
   */
  removeRecords(
    topic: number,
    partition: number,
    { from, before, countMax }: { from: bigint; before: bigint; countMax: number },
  ): bigint {
    let at = from;
    for (let removed = 0; removed < countMax && at < before; removed++) {
      const chunk = this.#isSingle(topic, partition, at)
        ? undefined
        : this.chunk(topic, partition, at);
      if (chunk === undefined) {
        this.#records.removeSync(this.#keyOf(topic, partition, at));
        at++;
        continue;
      }
      const end = chunk.first + BigInt(chunk.count);
      if (end > before) return before;
      this.#chunks.removeSync(this.#keyOf(topic, partition, chunk.first));
      at = end;
    }
    return at;
  }

  /** Removes up to `countMax` entries of a topic; how many it removed. Inside a transaction. */
  removeRecordsOfTopic(topic: number, countMax: number): number {
    const start = this.#keyOf(topic, 0, 0n).slice();
    const end = this.#keyOf(topic + 1, 0, 0n).slice();
    let removed = 0;
    for (const entries of [this.#records, this.#chunks]) {
      const range = entries.getKeys({ start, end, limit: countMax - removed });
      // Copied before removing: a key is a view of memory that the next operation reuses.
      const keys = Array.from(range, (key) => Uint8Array.from(key));
      for (const key of keys) entries.removeSync(key);
      removed += keys.length;
      if (removed === countMax) break;
    }
    return removed;
  }

  #isSingle(topic: number, partition: number, at: bigint): boolean {
    return this.#records.doesExist(this.#keyOf(topic, partition, at));
  }

  /** The key in a shared scratch: LMDB copies it at once. */
  #keyOf(topic: number, partition: number, at: bigint): Uint8Array {
    this.#keyView.setUint32(0, topic);
    this.#keyView.setUint32(4, partition);
    this.#keyView.setBigUint64(8, at);
    return this.#key;
  }
}

/** A value, valid until the next read only. */
function valueIn(
  entries: Database<Uint8Array, Uint8Array>,
  key: Uint8Array,
): Uint8Array | undefined {
  const shared = entries.getBinaryFast(key);
  // LMDB's binding only overwrites `length` of a larger buffer: the copying methods do not heed it.
  return shared?.subarray(0, shared.length);
}

/**
 * Opens the environment in `directory`, which is created if it is missing. @throws
 * LOG_STORAGE_FAILED
 */
export async function openStorage(options: {
  readonly directory: string;
  readonly mapSizeBytes: number;
  readonly sync: LmdbSync;
}): Promise<LmdbStorage> {
  const { directory, mapSizeBytes, sync } = options;
  try {
    await mkdir(directory, { recursive: true });
    await checkDataFile(directory);
    const root = open<Uint8Array, Uint8Array>({
      path: directory,
      // A path with a dot in its last part would else be taken for a file.
      noSubdir: false,
      maxDbs: 16,
      mapSize: mapSizeBytes,
      cache: false,
      encoding: "binary",
      keyEncoding: "binary",
      // A commit is acknowledged after its pages and then its root are on the disk, in this order.
      overlappingSync: false,
      noSync: sync === "os",
    });
    const storage = new LmdbStorage(directory, root);
    await storage.checkFormat();
    return storage;
  } catch (cause) {
    throw mapStorageError(cause, directory);
  }
}
