import { partitionRows } from "@millrace/columnar";
import {
  type LogWriter,
  type RecordEncoder,
  type RecordRanges,
  takeRecords,
  type TopicSink,
} from "@millrace/core";
import type { TopicOutput } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import type { EdgeOutput } from "./edge-output.ts";

/**
 * Rows to a topic of the log, as records of its format. They go into the task's own transaction
 * (T2), so that each is there exactly once; no watermark goes with them.
 *
 * **Cost** one encoding per row; between commits the encoded bytes are held
 */
export class TopicEdgeOutput implements EdgeOutput {
  pendingBytes = 0;
  rowsWritten: number;
  readonly #planned: TopicOutput;
  readonly #sink: TopicSink;
  readonly #encoder: RecordEncoder;
  readonly #task: number;
  readonly #partitions: number;
  #pending: { readonly partition: number; readonly records: RecordRanges }[] = [];

  /** @param options `partitions`: of the topic */
  constructor(
    planned: TopicOutput,
    sink: TopicSink,
    options: { readonly task: number; readonly partitions: number; readonly rowsWritten: number },
  ) {
    this.#planned = planned;
    this.#sink = sink;
    this.#encoder = sink.createEncoder();
    this.#task = options.task;
    this.#partitions = options.partitions;
    this.rowsWritten = options.rowsWritten;
  }

  write(batch: RecordBatch): void {
    const { keys } = this.#planned;
    this.rowsWritten += batch.numRows;
    if (this.#sink.choosePartitions !== undefined) return this.#addChosen(batch);
    if (keys.length === 0) return this.#add(this.#ownPartition, this.#encode(batch));
    const parts = partitionRows(batch, keys, this.#partitions);
    parts.forEach((part, partition) => {
      if (part !== undefined) this.#add(partition, this.#encode(part));
    });
  }

  flush(writer: LogWriter): void {
    for (const { partition, records } of this.#pending) {
      writer.appendAll(this.#planned.topic, partition, records);
    }
    this.#pending = [];
    this.pendingBytes = 0;
  }

  get #ownPartition(): number {
    return this.#task % this.#partitions;
  }

  /** By what the sink says of the encoded records. */
  #addChosen(batch: RecordBatch): void {
    const records = this.#encode(batch);
    const chosen = this.#sink.choosePartitions?.(records, this.#partitions) ?? [];
    const indexes = Array.from({ length: this.#partitions }, (): number[] => []);
    for (const [index, partition] of chosen.entries()) {
      indexes[partition < 0 ? this.#ownPartition : partition]?.push(index);
    }
    for (const [partition, ofPartition] of indexes.entries()) {
      if (ofPartition.length === 0) continue;
      this.#add(partition, takeRecords(records, Int32Array.from(ofPartition)));
    }
  }

  #encode(rows: RecordBatch): RecordRanges {
    const records = this.#encoder.encode(rows);
    this.pendingBytes += records.buffer.length;
    return records;
  }

  #add(partition: number, records: RecordRanges): void {
    this.#pending.push({ partition, records });
  }
}
