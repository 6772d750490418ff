import { assert, limits, type RecordRanges } from "@millrace/core";

/** Records appended to one partition since the last commit. */
export interface PendingPartition<Topic> {
  readonly topic: Topic;
  readonly partition: number;
  /** One value, or several over one buffer. */
  readonly values: (Uint8Array | RecordRanges)[];
}

/** What a writer has appended since its last commit, by partition, in the order of appending. */
export class PendingRecords<Topic> {
  readonly #partitions = new Map<Topic, Map<number, PendingPartition<Topic>>>();
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isEmpty(): boolean {
    return this.#partitions.size === 0;
  }

  append(topic: Topic, partition: number, value: Uint8Array): void {
    assert(value.length <= limits.recordBytesMax, "a log record is within its bound");
    this.#partition(topic, partition).values.push(value);
    this.#sizeBytes += value.length;
  }

  appendAll(topic: Topic, partition: number, values: RecordRanges): void {
    if (values.count === 0) return;
    let sizeBytes = 0;
    for (let index = 0; index < values.count; index++) {
      const length = values.valueLength[index] as number;
      assert(length <= limits.recordBytesMax, "a log record is within its bound");
      sizeBytes += length;
    }
    this.#partition(topic, partition).values.push(values);
    this.#sizeBytes += sizeBytes;
  }

  *partitions(): Iterable<PendingPartition<Topic>> {
    for (const byPartition of this.#partitions.values()) yield* byPartition.values();
  }

  clear(): void {
    this.#partitions.clear();
    this.#sizeBytes = 0;
  }

  #partition(topic: Topic, partition: number): PendingPartition<Topic> {
    let byPartition = this.#partitions.get(topic);
    if (byPartition === undefined) {
      byPartition = new Map();
      this.#partitions.set(topic, byPartition);
    }
    let pending = byPartition.get(partition);
    if (pending === undefined) {
      pending = { topic, partition, values: [] };
      byPartition.set(partition, pending);
    }
    return pending;
  }
}
