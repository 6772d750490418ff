import { concatBatches, encodeIpc, partitionRows } from "@millrace/columnar";
import type { LogWriter } from "@millrace/core";
import type { ShuffleOutput, SinkOutput } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import type { ChainOutput } from "../task/operator-chain.ts";
import { encodeRowsRecord, encodeWatermarkRecord } from "./edge-record.ts";

/** What a task adds to its next transaction for one outgoing edge. */
export interface EdgeOutput extends ChainOutput {
  /** Rows since the last `flush`, in bytes, roughly. */
  readonly pendingBytes: number;
  readonly rowsWritten: number;
  /** Appends rows and, if it has moved, the watermark. */
  flush(writer: LogWriter, watermark: number): void;
}

/** What an edge output is made with. */
export interface EdgeOutputOptions {
  /** Index of the writing task. */
  readonly task: number;
  readonly partitions: number;
  /** What has been told before, as the restored state says. */
  readonly watermark: number;
  readonly rowsWritten: number;
}

/**
 * The state that edge outputs share: rows by target partition, and what was said of the watermark.
 */
class EdgeBuffer {
  rowsWritten = 0;
  pendingBytes = 0;
  readonly #topic: string;
  readonly #task: number;
  readonly #rows: RecordBatch[][];
  #watermark: number;

  constructor(options: { topic: string; task: number; partitions: number; watermark: number }) {
    this.#topic = options.topic;
    this.#task = options.task;
    this.#rows = Array.from({ length: options.partitions }, () => []);
    this.#watermark = options.watermark;
  }

  add(partition: number, batch: RecordBatch): void {
    this.#rows[partition]?.push(batch);
    this.rowsWritten += batch.numRows;
    this.pendingBytes += batch.data.byteLength;
  }

  /** Counts the rows once. */
  addToAll(batch: RecordBatch): void {
    for (const rows of this.#rows) rows.push(batch);
    this.rowsWritten += batch.numRows;
    this.pendingBytes += batch.data.byteLength * this.#rows.length;
  }

  flushRows(writer: LogWriter): void {
    this.#rows.forEach((batches, partition) => {
      if (batches.length === 0) return;
      const payload = encodeIpc(concatBatches(batches));
      writer.append(this.#topic, partition, encodeRowsRecord(this.#task, payload));
      batches.length = 0;
    });
    this.pendingBytes = 0;
  }

  /** Tells every partition in [from, to) of the watermark, if it has moved. */
  flushWatermark(writer: LogWriter, watermark: number, from: number, to: number): void {
    if (watermark <= this.#watermark) return;
    for (let partition = from; partition < to; partition += 1) {
      writer.append(this.#topic, partition, encodeWatermarkRecord(this.#task, watermark));
    }
    this.#watermark = watermark;
  }
}

/** What the outputs of all edges do alike: they fill a buffer. */
abstract class BufferedEdgeOutput implements EdgeOutput {
  protected readonly buffer: EdgeBuffer;
  protected readonly task: number;

  constructor(topic: string, options: EdgeOutputOptions) {
    this.buffer = new EdgeBuffer({ topic, ...options });
    this.buffer.rowsWritten = options.rowsWritten;
    this.task = options.task;
  }

  get pendingBytes(): number {
    return this.buffer.pendingBytes;
  }

  get rowsWritten(): number {
    return this.buffer.rowsWritten;
  }

  abstract write(batch: RecordBatch): void;
  abstract flush(writer: LogWriter, watermark: number): void;
}

/**
 * Rows to the tasks that own their keys; without keys to the task of the same number; of a
 * broadcast to every task.
 */
export class ShuffleEdgeOutput extends BufferedEdgeOutput {
  readonly #keys: readonly string[];
  readonly #partitions: number;
  readonly #isBroadcast: boolean;

  constructor(planned: ShuffleOutput, options: EdgeOutputOptions) {
    super(planned.topic, options);
    this.#keys = planned.keys;
    this.#partitions = options.partitions;
    this.#isBroadcast = planned.isBroadcast === true;
  }

  override write(batch: RecordBatch): void {
    if (this.#isBroadcast) return this.buffer.addToAll(batch);
    if (this.#keys.length === 0) return this.buffer.add(this.task, batch);
    const parts = partitionRows(batch, this.#keys, this.#partitions);
    parts.forEach((part, partition) => {
      if (part !== undefined) this.buffer.add(partition, part);
    });
  }

  override flush(writer: LogWriter, watermark: number): void {
    this.buffer.flushRows(writer);
    this.buffer.flushWatermark(writer, watermark, 0, this.#partitions);
  }
}

/** Rows to the sink topic's partition of the same number. */
export class SinkEdgeOutput extends BufferedEdgeOutput {
  constructor(planned: SinkOutput, options: EdgeOutputOptions) {
    super(planned.topic, options);
  }

  override write(batch: RecordBatch): void {
    this.buffer.add(this.task, batch);
  }

  /** A sink needs no watermark but the last one, which says that no row will follow. */
  override flush(writer: LogWriter, watermark: number): void {
    this.buffer.flushRows(writer);
    if (watermark !== Infinity) return;
    this.buffer.flushWatermark(writer, watermark, this.task, this.task + 1);
  }
}
