import {
  type LogReader,
  type LogRecords,
  millraceError,
  type Offset,
  offset,
} from "@millrace/core";

import { offsetOutOfRange } from "../offset-out-of-range.ts";
import type { LmdbStorage } from "./storage.ts";

const recordsPerReadMax = 1_000_000;
const readBytesMax = 1024 * 1024 * 1024;
const bufferBytesMin = 16 * 1024;

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
  #position: bigint;

  constructor(storage: () => LmdbStorage, target: ReaderTarget, from: Offset) {
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
    let valueStart = new Int32Array(Math.min(countMax, 64));
    let buffer = new Uint8Array(0);
    let sizeBytes = 0;
    let count = 0;
    while (count < countMax) {
      const at = baseOffset + BigInt(count);
      const value = storage.record(number, partition, at);
      if (value === undefined) {
        const params = { topic: name, partition, offset: String(at), problem: "it is missing" };
        throw millraceError("LOG_CORRUPT", params);
      }
      const end = sizeBytes + value.length;
      if (end > bytesMax && count > 0) break;
      if (end > buffer.length) {
        // The last value that fits mostly ends near `bytesMax`: growing beyond it is rarely of use.
        const doubled = Math.max(buffer.length * 2, bufferBytesMin);
        buffer = grown(buffer, sizeBytes, Math.max(end, Math.min(doubled, bytesMax)));
      }
      if (count === valueStart.length) valueStart = grownStarts(valueStart);
      buffer.set(value, sizeBytes);
      valueStart[count] = sizeBytes;
      sizeBytes = end;
      count++;
    }
    const starts = valueStart.subarray(0, count);
    const valueLength = lengthsOf(starts, sizeBytes);
    return { count, baseOffset, buffer, valueStart: starts, valueLength };
  }
}

function grown(from: Uint8Array, sizeBytes: number, capacity: number): Uint8Array<ArrayBuffer> {
  // Not zeroed: every byte that a record's view shows is written.
  const into = Buffer.allocUnsafeSlow(capacity);
  into.set(from.subarray(0, sizeBytes));
  return new Uint8Array(into.buffer, into.byteOffset, capacity);
}

function grownStarts(from: Int32Array): Int32Array<ArrayBuffer> {
  const into = new Int32Array(from.length * 2);
  into.set(from);
  return into;
}

function lengthsOf(starts: Int32Array, sizeBytes: number): Int32Array {
  const count = starts.length;
  const lengths = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const next = index + 1 < count ? (starts[index + 1] as number) : sizeBytes;
    lengths[index] = next - (starts[index] as number);
  }
  return lengths;
}
