import {
  type LogRecords,
  type Offset,
  offset,
  type RecordRanges,
  recordValue,
} from "@millrace/core";

import { gatherRecords } from "../gather-records.ts";
import { offsetOutOfRange } from "../../offset-out-of-range.ts";

/** Stands where truncated values stood. */
const noValue: Uint8Array = new Uint8Array(0);

const manyValues = 256;
const readBytesMax = 1024 * 1024 * 1024;

/** The records of one partition, held by reference. */
export class MemoryPartition {
  readonly #topic: string;
  readonly #partition: number;
  /** Single values, and values over one buffer. */
  #entries: (Uint8Array | RecordRanges)[] = [];
  /** Offset of the first record of each entry. */
  #firsts: number[] = [];
  /** Truncated entries at the front that are not removed yet. */
  #head = 0;
  #start = 0;
  #end = 0;

  constructor(topic: string, partition: number) {
    this.#topic = topic;
    this.#partition = partition;
  }

  get bounds(): { start: Offset; end: Offset } {
    return { start: offset(this.#start), end: offset(this.#end) };
  }

  append(values: readonly (Uint8Array | RecordRanges)[]): void {
    for (const value of values) {
      this.#entries.push(value);
      this.#firsts.push(this.#end);
      this.#end += value instanceof Uint8Array ? 1 : value.count;
    }
  }

  /**
   * The next records: few values are gathered, many values over one buffer are given as they are.
   *
   * @throws LOG_OFFSET_OUT_OF_RANGE
   */
  read(from: Offset, bytesMax: number): LogRecords {
    this.#checkOffset(from);
    const sizeMax = Math.min(bytesMax, readBytesMax);
    if (Number(from) === this.#end) return gatherRecords(from, []);
    const first = this.#entryOf(Number(from));
    const entry = this.#entries[first] as Uint8Array | RecordRanges;
    const index = Number(from) - (this.#firsts[first] as number);
    const many = manyIn(entry);
    if (many !== undefined) return partOf(many, from, index, sizeMax);
    return gatherRecords(from, this.#valuesFrom(first, index, sizeMax));
  }

  /** Values of one entry and those after it, but not of one that holds many. */
  #valuesFrom(first: number, index: number, bytesMax: number): Uint8Array[] {
    const values: Uint8Array[] = [];
    let sizeBytes = 0;
    for (let at = first; at < this.#entries.length; at += 1) {
      const entry = this.#entries[at] as Uint8Array | RecordRanges;
      if (manyIn(entry) !== undefined) break;
      const count = entry instanceof Uint8Array ? 1 : entry.count;
      for (let each = at === first ? index : 0; each < count; each += 1) {
        const value = entry instanceof Uint8Array ? entry : recordValue(entry, each);
        sizeBytes += value.length;
        if (sizeBytes > bytesMax && values.length > 0) return values;
        values.push(value);
      }
    }
    return values;
  }

  /** @throws LOG_OFFSET_OUT_OF_RANGE when `before` is past the end */
  truncate(before: Offset): void {
    if (before <= this.#start) return;
    this.#checkOffset(before);
    this.#start = Number(before);
    const kept = this.#start < this.#end ? this.#entryOf(this.#start) : this.#entries.length;
    // The values are let go at once; the arrays are compacted rarely, so that truncation costs O(1)
    // per entry.
    for (let at = this.#head; at < kept; at += 1) this.#entries[at] = noValue;
    this.#head = kept;
    if (this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#firsts = this.#firsts.slice(this.#head);
    this.#head = 0;
  }

  /** The entry that holds the record, which must exist. */
  #entryOf(record: number): number {
    let low = this.#head;
    let high = this.#entries.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#firsts[middle] as number) <= record) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #checkOffset(from: Offset): void {
    const { start, end } = this.bounds;
    if (from >= start && from <= end) return;
    throw offsetOutOfRange(this.#topic, this.#partition, from, { start, end });
  }
}

/** The values of an entry that is worth a read of its own, without a copy. */
function manyIn(entry: Uint8Array | RecordRanges): RecordRanges | undefined {
  return entry instanceof Uint8Array || entry.count < manyValues ? undefined : entry;
}

/** Values from one on, at most about `bytesMax` of them, without a copy. */
function partOf(
  values: RecordRanges,
  baseOffset: Offset,
  from: number,
  bytesMax: number,
): LogRecords {
  const { buffer, valueStart, valueLength } = values;
  let to = from + 1;
  let sizeBytes = valueLength[from] as number;
  while (to < values.count && sizeBytes + (valueLength[to] as number) <= bytesMax) {
    sizeBytes += valueLength[to] as number;
    to += 1;
  }
  return {
    count: to - from,
    baseOffset,
    buffer,
    valueStart: valueStart.subarray(from, to),
    valueLength: valueLength.subarray(from, to),
  };
}
