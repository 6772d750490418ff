import { partitionRows } from "@millrace/columnar";
import type { LogWriter, RecordEncoder, RecordRanges } from "@millrace/core";
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
  readonly #encoder: RecordEncoder;
  readonly #task: number;
  readonly #partitions: number;
  #pending: { readonly partition: number; readonly records: RecordRanges }[] = [];

  /** @param options `partitions`: of the topic */
  constructor(
    planned: TopicOutput,
    encoder: RecordEncoder,
    options: { readonly task: number; readonly partitions: number; readonly rowsWritten: number },
  ) {
    this.#planned = planned;
    this.#encoder = encoder;
    this.#task = options.task;
    this.#partitions = options.partitions;
    this.rowsWritten = options.rowsWritten;
  }

  write(batch: RecordBatch): void {
    const { keys } = this.#planned;
    this.rowsWritten += batch.numRows;
    if (keys.length === 0) return this.#add(this.#task % this.#partitions, batch);
    const parts = partitionRows(batch, keys, this.#partitions);
    parts.forEach((part, partition) => {
      if (part !== undefined) this.#add(partition, part);
    });
  }

  flush(writer: LogWriter): void {
    for (const { partition, records } of this.#pending) {
      writer.appendAll(this.#planned.topic, partition, records);
    }
    this.#pending = [];
    this.pendingBytes = 0;
  }

  #add(partition: number, rows: RecordBatch): void {
    const records = this.#encoder.encode(rows);
    this.#pending.push({ partition, records });
    this.pendingBytes += records.buffer.length;
  }
}
