import {
  type LogReader,
  type LogReaderOptions,
  type LogRecords,
  type MillraceError,
  millraceError,
  type Offset,
  offset,
} from "@millrace/core";

import { offsetOutOfRange } from "../../offset-out-of-range.ts";
import { isIntact, unsealed } from "./checksum.ts";
import { GatheredValues } from "./gathered-values.ts";
import type { LmdbStorage } from "./storage.ts";

const recordsPerReadMax = 1_000_000;
const readBytesMax = 1024 * 1024 * 1024;

/** What a reader reads. */
export interface ReaderTarget {
  readonly name: string;
  readonly number: number;
  readonly partition: number;
}

/** Reads one partition; each read sees one snapshot and copies the values once. */
export class LmdbLogReader implements LogReader {
  readonly #storage: () => LmdbStorage;
  readonly #target: ReaderTarget;
  readonly #hasOwnChecksums: boolean;
  #position: bigint;

  constructor(
    storage: () => LmdbStorage,
    target: ReaderTarget,
    { from, hasOwnChecksums = false }: { from: Offset } & LogReaderOptions,
  ) {
    this.#hasOwnChecksums = hasOwnChecksums;
    this.#storage = storage;
    this.#target = target;
    this.#position = from;
  }

  get position(): Offset {
    return offset(this.#position);
  }

  async read(bytesMax: number): Promise<LogRecords> {
    const { name, number, partition } = this.#target;
    const storage = this.#storage();
    storage.refresh();
    const bounds = storage.bounds(number, partition);
    if (bounds === undefined) throw millraceError("LOG_TOPIC_UNKNOWN", { topic: name });
    const from = this.#position;
    const end = bounds.end;
    if (from < bounds.start || from > end) {
      const range = { start: offset(bounds.start), end: offset(end) };
      throw offsetOutOfRange(name, partition, offset(from), range);
    }
    const countMax = Math.min(Number(end - from), recordsPerReadMax);
    const records = this.#readFrom(storage, countMax, Math.min(bytesMax, readBytesMax));
    this.#position = from + BigInt(records.count);
    return records;
  }

  async close(): Promise<void> {}

  #readFrom(storage: LmdbStorage, countMax: number, bytesMax: number): LogRecords {
    const { name, number, partition } = this.#target;
    const baseOffset = offset(this.#position);
    const values = new GatheredValues(countMax, bytesMax);
    const damaged = (problem: string, at: bigint): MillraceError =>
      millraceError("LOG_CORRUPT", { topic: name, partition, offset: String(at), problem });
    while (!values.isFull) {
      const at = baseOffset + BigInt(values.count);
      const record = storage.record(number, partition, at);
      if (record !== undefined) {
        if (!this.#hasOwnChecksums && !isIntact(record)) throw damaged("its checksum is wrong", at);
        if (!values.add(unsealed(record))) break;
        continue;
      }
      const chunk = storage.chunk(number, partition, at);
      if (chunk === undefined) throw damaged("it is missing", at);
      if (!isIntact(chunk.entry)) throw damaged("its checksum is wrong", at);
      if (!values.addChunk(chunk, Number(at - chunk.first))) break;
    }
    return values.records(baseOffset);
  }
}
