import {
  assert,
  type GroupMembership,
  isMillraceError,
  type LogWriter,
  millraceError,
  type RecordRanges,
} from "@millrace/core";
import { PendingRecords } from "../pending-records.ts";
import type { ProducerPlace, SimulatedCluster, SimulatedTopic } from "./simulated-cluster.ts";
import type { SimulatedPartition } from "./simulated-partition.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** Where a writer writes, and in whose name. */
export interface WriterParts {
  readonly cluster: SimulatedCluster;
  readonly process: SimulatedProcess;
  readonly id: string;
  readonly epoch: number;
  readonly membership: GroupMembership;
  /** Called with what has been committed where, before anybody can read it. */
  readonly onCommitted: (partition: SimulatedPartition) => void;
}

/**
 * Writes as a producer of Kafka does: records go to their partitions first, each in a request of
 * its own; then the transaction is decided; then its partitions hear of that.
 */
export class SimulatedWriter implements LogWriter {
  readonly id: string;
  readonly #parts: WriterParts;
  readonly #pending = new PendingRecords<SimulatedTopic>();
  /** Of the transaction, from 1. */
  #number = 0;

  constructor(parts: WriterParts) {
    this.id = parts.id;
    this.#parts = parts;
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

  async commit(): Promise<void> {
    const { cluster, process, membership, id } = this.#parts;
    if (this.#pending.isEmpty) return this.#confirm();
    this.#number += 1;
    const place = this.#place;
    await this.#produce(place);
    const lost = (problem: string): Error =>
      millraceError("LOG_COMMIT_INDEFINITE", { writerId: id, problem });
    const request = { kind: "commit", name: `commit ${id}`, lost } as const;
    await process.request(request, () => cluster.commit(place, membership));
    for (const { topic, partition } of this.#pending.partitions()) {
      this.#parts.onCommitted(topic.partitions[partition] as SimulatedPartition);
    }
    this.#pending.clear();
  }

  abort(): void {
    this.#pending.clear();
  }

  async close(): Promise<void> {
    this.#pending.clear();
  }

  get #place(): ProducerPlace {
    return { id: this.id, epoch: this.#parts.epoch, number: this.#number };
  }

  async #confirm(): Promise<void> {
    const { cluster, process, membership } = this.#parts;
    await process.request({ kind: "admin", name: `confirm ${this.id}` }, () => {
      cluster.checkProducer(this.#place);
      cluster.checkGeneration(membership);
    });
  }

  /** Sends everything; where a part fails, the transaction is aborted. */
  async #produce(place: ProducerPlace): Promise<void> {
    const { cluster, process } = this.#parts;
    const sending = [...this.#pending.partitions()].map(({ topic, partition, values }) => {
      const name = `produce ${topic.info.name}/${partition}`;
      const to = topic.partitions[partition] as SimulatedPartition;
      const lost = (problem: string): Error => this.#aborted(problem);
      return process.request({ kind: "produce", name, lost }, () =>
        cluster.produce(place, topic, to, values),
      );
    });
    const failed = (await Promise.allSettled(sending)).find(({ status }) => status === "rejected");
    if (failed?.status !== "rejected") return;
    const error: unknown = failed.reason;
    if (isMillraceError(error) && error.code === "LOG_WRITER_FENCED") throw error;
    const request = { kind: "admin", name: `abort ${this.id}` } as const;
    await process.request(request, () => cluster.abort(place));
    throw error;
  }

  #aborted(problem: string): Error {
    return millraceError("LOG_COMMIT_ABORTED", { writerId: this.id, problem });
  }

  #topic(name: string, partition: number): SimulatedTopic {
    const topic = this.#parts.cluster.topic(name);
    const isOne = topic.partitions[partition] !== undefined;
    assert(isOne, "a partition's index is below the topic's number of partitions");
    return topic;
  }
}
