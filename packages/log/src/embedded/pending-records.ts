import { assert, limits } from "@millrace/core";

/** Records appended to one partition since the last commit. */
export interface PendingPartition<Topic> {
  readonly topic: Topic;
  readonly partition: number;
  readonly values: Uint8Array[];
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
    pending.values.push(value);
    this.#sizeBytes += value.length;
  }

  *partitions(): Iterable<PendingPartition<Topic>> {
    for (const byPartition of this.#partitions.values()) yield* byPartition.values();
  }

  clear(): void {
    this.#partitions.clear();
    this.#sizeBytes = 0;
  }
}
