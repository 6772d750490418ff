import { decodeIpc } from "@millrace/columnar";
import {
  atCrashPoints,
  type Json,
  type Log,
  type LogPlace,
  type LogReader,
  type Offset,
  offset,
  recordValue,
  type SourceProgress,
  traceParentsOf,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { decodeEdgeRecord } from "../output/edge-record.ts";
import type { JsonWatermark } from "../watermark/json-watermark.ts";
import { isTraced } from "../trace/run-tracer.ts";
import { UpstreamWatermarks } from "../watermark/upstream-watermarks.ts";
import type { InputRead, TaskInput } from "./task-input.ts";

const readBytesMax = 4 * 1024 * 1024;

/** What the progress record holds of a partition of a repartition topic. */
export interface ShuffleProgress {
  readonly [key: string]: Json;
  readonly topic: string;
  readonly offset: string;
  /** By upstream task. */
  readonly watermarks: readonly JsonWatermark[];
  readonly rowsRead: number;
}

/** One partition of a repartition topic as an input of a task. */
export class ShufflePartitionInput implements TaskInput {
  readonly counts: { rowsRead: number; deadLettered: number };
  readonly sourceProgress: SourceProgress | undefined = undefined;
  readonly partitions: readonly [] = [];
  readonly #log: Log;
  readonly #topic: string;
  readonly #partition: number;
  readonly #reader: LogReader;
  readonly #upstream: UpstreamWatermarks;
  #isCaughtUp = false;
  #position: Offset;
  #truncatedTo: Offset;

  private constructor(
    place: { log: Log; topic: string; partition: number },
    reader: LogReader,
    upstream: UpstreamWatermarks,
    restored: ShuffleProgress | undefined,
  ) {
    this.#log = place.log;
    this.#topic = place.topic;
    this.#partition = place.partition;
    this.#reader = reader;
    this.#upstream = upstream;
    this.#position = offset(BigInt(restored?.offset ?? "0"));
    this.#truncatedTo = this.#position;
    this.counts = { rowsRead: restored?.rowsRead ?? 0, deadLettered: 0 };
  }

  static async open(options: {
    log: Log;
    topic: string;
    partition: number;
    upstreamTasks: number;
    restored: Json | undefined;
  }): Promise<ShufflePartitionInput> {
    const { log, topic, partition, upstreamTasks } = options;
    const restored = options.restored as ShuffleProgress | undefined;
    const from = offset(BigInt(restored?.offset ?? "0"));
    const reader = await atCrashPoints("open-repartition", () =>
      log.openReader(topic, partition, from, { withMeta: isTraced() }),
    );
    const upstream = new UpstreamWatermarks(upstreamTasks, restored?.watermarks);
    return new ShufflePartitionInput({ log, topic, partition }, reader, upstream, restored);
  }

  get watermark(): number {
    return this.#upstream.watermark;
  }

  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  get isEnded(): boolean {
    return this.#upstream.watermark === Infinity;
  }

  get logPlaces(): readonly LogPlace[] {
    return [{ topic: this.#topic, partition: this.#partition, next: this.#position }];
  }

  async read(): Promise<InputRead> {
    const records = await atCrashPoints("read-repartition", () => this.#reader.read(readBytesMax));
    this.#isCaughtUp = records.count === 0;
    if (this.#isCaughtUp) return { kind: "caught-up", isNews: false };
    const batches: RecordBatch[] = [];
    for (let index = 0; index < records.count; index += 1) {
      const record = decodeEdgeRecord(recordValue(records, index));
      if (record.kind === "watermark") this.#upstream.advance(record.task, record.watermark);
      else batches.push(decodeIpc(record.payload));
    }
    for (const batch of batches) this.counts.rowsRead += batch.numRows;
    this.#position = this.#reader.position;
    const traceParents = traceParentsOf(records, 0, records.count);
    return { kind: "rows", batches, deadLetters: [], traceParents };
  }

  progress(): Json {
    return {
      topic: this.#topic,
      offset: this.#position.toString(),
      watermarks: this.#upstream.toJson(),
      ...this.counts,
    };
  }

  /** What has been taken in is durable in the changelog: the topic need not keep it. */
  async committed(): Promise<void> {
    if (this.#position === this.#truncatedTo) return;
    this.#truncatedTo = this.#position;
    await atCrashPoints("truncate-repartition", () =>
      this.#log.truncate(this.#topic, this.#partition, this.#position),
    );
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }
}
