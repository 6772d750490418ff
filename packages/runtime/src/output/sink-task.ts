import { concatBatches, decodeIpc } from "@millrace/columnar";
import {
  type Log,
  type LogReader,
  millraceError,
  type Offset,
  offset,
  recordValue,
  type Sink,
  type SinkToken,
} from "@millrace/core";
import type { SinkOutput } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { decodeEdgeRecord } from "./edge-record.ts";

const readBytesMax = 32 * 1024 * 1024;

/**
 * Writes one sink partition to its store: rows and token together, from the token on (DESIGN 6).
 *
 * The store's token is the only progress of a sink task. The sink partition is truncated only below
 * a token that is durable in the store. A slow store delays nobody else.
 */
export class SinkTask {
  readonly id: string;
  readonly partition: number;
  readonly #log: Log;
  readonly topic: string;
  readonly #sink: Sink;
  readonly #reader: LogReader;
  readonly #generation: number;
  #token: SinkToken | undefined;
  #rowsWritten = 0;
  #isEnded = false;

  private constructor(
    place: { id: string; log: Log; topic: string; partition: number; generation: number },
    sink: Sink,
    reader: LogReader,
    token: SinkToken | undefined,
  ) {
    this.id = place.id;
    this.partition = place.partition;
    this.#log = place.log;
    this.topic = place.topic;
    this.#generation = place.generation;
    this.#sink = sink;
    this.#reader = reader;
    this.#token = token;
  }

  /** @throws SINK_TOKEN_MISSING when the store has lost a token that it must have had */
  static async open(options: {
    planned: SinkOutput;
    log: Log;
    sink: Sink;
    partition: number;
    generation: number;
  }): Promise<SinkTask> {
    const { planned, log, sink, partition, generation } = options;
    const token = await sink.readToken(partition);
    const { start } = await log.bounds(planned.topic, partition);
    const isOwn = token !== undefined && token.generation === generation;
    if (!isOwn && start > 0n && sink.guarantee === "exactly-once") {
      throw millraceError("SINK_TOKEN_MISSING", { sink: planned.sinkId });
    }
    const from: Offset = isOwn ? offset(token.offset) : start;
    const reader = await log.openReader(planned.topic, partition, from);
    const place = { id: planned.sinkId, log, topic: planned.topic, partition, generation };
    return new SinkTask(place, sink, reader, token);
  }

  /** Rows given to the store by this process. */
  get rowsWritten(): number {
    return this.#rowsWritten;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Writes what there is, at most about 32 MiB. */
  async turn(): Promise<"worked" | "waiting" | "ended"> {
    if (this.#isEnded) return "ended";
    const records = await this.#reader.read(readBytesMax);
    if (records.count === 0) return "waiting";
    const batches: RecordBatch[] = [];
    let written = records.baseOffset;
    for (let index = 0; index < records.count; index += 1) {
      const record = decodeEdgeRecord(recordValue(records, index));
      if (record.kind === "rows") {
        batches.push(decodeIpc(record.payload));
        written = offset(records.baseOffset + BigInt(index) + 1n);
      } else if (record.watermark === Infinity) this.#isEnded = true;
    }
    // The token stays before the record that says "ended", so that a restarted task reads it again.
    if (batches.length > 0) await this.#write(batches, written);
    return this.#isEnded ? "ended" : "worked";
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #write(batches: readonly RecordBatch[], written: Offset): Promise<void> {
    const rows = batches.length === 1 ? batches : [concatBatches(batches)];
    const next: SinkToken = { generation: this.#generation, offset: written };
    await this.#sink.write({ partition: this.partition, rows, expected: this.#token, next });
    this.#token = next;
    for (const batch of rows) this.#rowsWritten += batch.numRows;
    await this.#log.truncate(this.topic, this.partition, written);
  }
}
