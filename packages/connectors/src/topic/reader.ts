import {
  type BadRecord,
  type DeadLetter,
  isMillraceError,
  type Json,
  type Log,
  type LogPlace,
  type LogReader,
  type LogRecords,
  type MillraceError,
  type Offset,
  offset,
  recordOffset,
  recordsBefore,
  type RecordDecoder,
  type SourceBatch,
  type SourceProgress,
  type SourceReader,
  traceParentsOf,
} from "@millrace/core";
import { decodeRecords } from "./decode-records.ts";
import type { OffsetOutOfRangePolicy } from "./descriptor.ts";

/** Bytes asked of the log at once: few enough to stay in the cache. */
const readBytesMax = 2 * 1024 * 1024;

/** What a reader of a topic reads. */
export interface TopicReaderOptions {
  readonly log: Log;
  readonly topic: string;
  readonly sourceId: string;
  readonly partition: number;
  /** Where to begin without a position. */
  readonly start: Offset;
  /** Where to end; absent where there is no end. */
  readonly end?: Offset;
  readonly decoder: RecordDecoder;
  /** Whether the decoder reads keys, times or headers. */
  readonly withMeta: boolean;
  /** Whether it tells which spans wrote the records. */
  readonly withTraces: boolean;
  /** What becomes of records without a value. */
  readonly tombstones: "dead-letter" | "skip";
  /** What to do where the topic no longer has the next record. */
  readonly offsetOutOfRange: OffsetOutOfRangePolicy;
}

/** The offset of the next record, as text: it may be beyond what a number holds exactly. */
interface TopicPosition {
  readonly [key: string]: Json;
  readonly offset: string;
}

/** Reads one partition of a topic; the position is the offset of the next record. */
export class TopicReader implements SourceReader {
  readonly #options: TopicReaderOptions;
  #reader: LogReader;
  /** What is to be told with the next batch. */
  #missed: DeadLetter[] = [];
  /** Records read of which some may not have been handed out. */
  #records: LogRecords | undefined;
  #taken = 0;
  /** Whether the decoder has what it needs for them; false again when fetching it failed. */
  #isPrepared = false;
  #next: Offset;

  private constructor(options: TopicReaderOptions, reader: LogReader, next: Offset) {
    this.#options = options;
    this.#reader = reader;
    this.#next = next;
  }

  /** @throws MillraceError `LOG_OFFSET_OUT_OF_RANGE` from `read` when the position was truncated */
  static async open(
    options: TopicReaderOptions & { readonly position: Json | undefined },
  ): Promise<TopicReader> {
    const position = options.position as TopicPosition | undefined;
    const next = position === undefined ? options.start : offset(BigInt(position.offset));
    return new TopicReader(options, await openReader(options, next), next);
  }

  async read(rowsMax: number): Promise<SourceBatch | "caught-up" | "end"> {
    const { end } = this.#options;
    if (end !== undefined && this.#next >= end) return "end";
    if (this.#records === undefined || this.#taken === this.#records.count) {
      this.#records = await this.#readLog();
      this.#taken = 0;
      this.#isPrepared = false;
    }
    const records = this.#records;
    if (!this.#isPrepared) {
      const preparing = this.#options.decoder.prepare?.(records);
      if (preparing !== undefined) await preparing;
      this.#isPrepared = true;
    }
    const from = this.#taken;
    const to = Math.min(recordsBefore(records, end), from + rowsMax);
    this.#taken = to;
    // Past the last one the log may have marks of its own: its reader knows where it goes on.
    this.#next = to === records.count ? this.#reader.position : recordOffset(records, to);
    // What was missed is told also where nothing is left to read.
    if (from < to || this.#missed.length > 0) return this.#decode(records, from, to);
    return end !== undefined && this.#next >= end ? "end" : "caught-up";
  }

  async #readLog(): Promise<LogRecords> {
    const { offsetOutOfRange } = this.#options;
    try {
      return await this.#reader.read(readBytesMax);
    } catch (error) {
      const isMissed = isMillraceError(error) && error.code === "LOG_OFFSET_OUT_OF_RANGE";
      if (!isMissed || offsetOutOfRange === "fail") throw error;
      await this.#passOver(error, offsetOutOfRange);
      return this.#reader.read(readBytesMax);
    }
  }

  /** Leaves out the records that the topic no longer has, and all others too if `latest`. */
  async #passOver(error: MillraceError, policy: "earliest" | "latest"): Promise<void> {
    const { log, topic, partition, sourceId } = this.#options;
    const { start, end } = await log.bounds(topic, partition);
    const next = policy === "earliest" ? start : end;
    this.#missed.push({
      code: error.code,
      reason: error.message,
      raw: "",
      place: { topic, goesOnAt: String(next) },
      offset: Number(this.#next),
      partition,
      operatorId: sourceId,
    });
    await this.#reader.close();
    this.#next = next;
    this.#reader = await openReader(this.#options, next);
  }

  progress(): SourceProgress {
    const { start, end } = this.#options;
    const done = Number(this.#next - start);
    return end === undefined
      ? { done, unit: "rows" }
      : { done, total: Number(end - start), unit: "rows" };
  }

  logPlace(position: Json): LogPlace {
    const { topic, partition } = this.#options;
    return { topic, partition, next: offset(BigInt((position as TopicPosition).offset)) };
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  #decode(records: LogRecords, from: number, to: number): SourceBatch {
    const { decoder, tombstones, withTraces } = this.#options;
    const { rows, recordIndex, badRecords } = decodeRecords(decoder, records, from, to);
    const dead =
      tombstones === "skip"
        ? badRecords.filter(({ code }) => code !== "RECORD_TOMBSTONE")
        : badRecords;
    const firstOffset = Number(recordOffset(records, from));
    const missed = this.#missed.splice(0);
    return {
      rows,
      firstOffset,
      ...indexOf(records, recordIndex, from, to),
      position: { offset: this.#next.toString() },
      deadLetters: [...missed, ...dead.map((bad) => this.#deadLetter(bad, records))],
      ...(withTraces ? { traceParents: traceParentsOf(records, from, to) } : {}),
    };
  }

  #deadLetter(bad: BadRecord, records: LogRecords): DeadLetter {
    const { topic, partition, sourceId } = this.#options;
    const { code, reason, raw, rawEncoding } = bad;
    const place = { topic, ...bad.place, ...(rawEncoding === undefined ? {} : { rawEncoding }) };
    const at = Number(recordOffset(records, bad.index));
    return { code, reason, raw, place, offset: at, partition, operatorId: sourceId };
  }
}

function openReader(options: TopicReaderOptions, next: Offset): Promise<LogReader> {
  return options.log.openReader(options.topic, options.partition, next, {
    withMeta: options.withMeta || options.withTraces,
    // Decoded rows are copies.
    isTransient: true,
  });
}

/** Of each row read from records [from, to), its offset beyond that of the first record. */
function indexOf(
  { offsetDelta }: LogRecords,
  recordIndex: Int32Array | undefined,
  from: number,
  to: number,
): { recordIndex?: Int32Array } {
  if (offsetDelta === undefined) {
    return recordIndex === undefined ? {} : { recordIndex: recordIndex.map((at) => at - from) };
  }
  const first = offsetDelta[from] as number;
  if (recordIndex === undefined) {
    return { recordIndex: offsetDelta.slice(from, to).map((delta) => delta - first) };
  }
  return { recordIndex: recordIndex.map((at) => (offsetDelta[at] as number) - first) };
}
