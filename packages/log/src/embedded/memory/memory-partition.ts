import type { LogRecords, Offset } from "@millrace/core";
import { offset } from "@millrace/core";

import { gatherRecords } from "../gather-records.ts";
import { offsetOutOfRange } from "../offset-out-of-range.ts";

/** Stands where a truncated value stood. */
const noValue: Uint8Array = new Uint8Array(0);

const readBytesMax = 1024 * 1024 * 1024;

/** The records of one partition, held by reference. */
export class MemoryPartition {
  readonly #topic: string;
  readonly #partition: number;
  #values: Uint8Array[] = [];
  /** Truncated values at the front of `#values` that are not removed yet. */
  #head = 0;
  #start = 0n;

  constructor(topic: string, partition: number) {
    this.#topic = topic;
    this.#partition = partition;
  }

  get bounds(): { start: Offset; end: Offset } {
    const end = this.#start + BigInt(this.#values.length - this.#head);
    return { start: offset(this.#start), end: offset(end) };
  }

  append(values: readonly Uint8Array[]): void {
    for (const value of values) this.#values.push(value);
  }

  /** @throws LOG_OFFSET_OUT_OF_RANGE */
  read(from: Offset, bytesMax: number): LogRecords {
    this.#checkOffset(from);
    const first = this.#head + Number(from - this.#start);
    const sizeMax = Math.min(bytesMax, readBytesMax);
    let last = first;
    let sizeBytes = 0;
    while (last < this.#values.length) {
      sizeBytes += (this.#values[last] as Uint8Array).length;
      if (sizeBytes > sizeMax && last > first) break;
      last++;
    }
    return gatherRecords(from, this.#values.slice(first, last));
  }

  /** @throws LOG_OFFSET_OUT_OF_RANGE when `before` is past the end */
  truncate(before: Offset): void {
    if (before <= this.#start) return;
    this.#checkOffset(before);
    const count = Number(before - this.#start);
    // The values are let go at once; the array is compacted rarely, so that truncation costs O(1)
    // per record.
    for (let i = this.#head; i < this.#head + count; i += 1) this.#values[i] = noValue;
    this.#head += count;
    this.#start = before;
    if (this.#head * 2 < this.#values.length) return;
    this.#values = this.#values.slice(this.#head);
    this.#head = 0;
  }

  #checkOffset(from: Offset): void {
    const { start, end } = this.bounds;
    if (from >= start && from <= end) return;
    throw offsetOutOfRange(this.#topic, this.#partition, from, { start, end });
  }
}
