import {
  type BadRecord,
  type DeadLetter,
  type Json,
  type Log,
  type LogReader,
  type LogRecords,
  type Offset,
  offset,
  type RecordDecoder,
  type SourceBatch,
  type SourceProgress,
  type SourceReader,
} from "@millrace/core";

/** Bytes asked of the log at once: few enough to stay in the cache. */
const readBytesMax = 2 * 1024 * 1024;

/** What a reader of a topic reads. */
export interface TopicReaderOptions {
  readonly log: Log;
  readonly topic: string;
  readonly sourceId: string;
  readonly partition: number;
  /** First offset that the topic held on opening. */
  readonly start: Offset;
  /** Where to end; absent where there is no end. */
  readonly end?: Offset;
  readonly decoder: RecordDecoder;
}

/** The offset of the next record, as text: it may be beyond what a number holds exactly. */
interface TopicPosition {
  readonly [key: string]: Json;
  readonly offset: string;
}

/** Reads one partition of a topic; the position is the offset of the next record. */
export class TopicReader implements SourceReader {
  readonly #options: TopicReaderOptions;
  readonly #reader: LogReader;
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
    const reader = await options.log.openReader(options.topic, options.partition, next);
    return new TopicReader(options, reader, next);
  }

  async read(rowsMax: number): Promise<SourceBatch | "caught-up" | "end"> {
    const { end } = this.#options;
    if (end !== undefined && this.#next >= end) return "end";
    if (this.#records === undefined || this.#taken === this.#records.count) {
      this.#records = await this.#reader.read(readBytesMax);
      this.#taken = 0;
      this.#isPrepared = false;
    }
    const records = this.#records;
    if (records.count === 0) return "caught-up";
    if (!this.#isPrepared) {
      const preparing = this.#options.decoder.prepare?.(records);
      if (preparing !== undefined) await preparing;
      this.#isPrepared = true;
    }
    const from = this.#taken;
    let to = Math.min(records.count, from + rowsMax);
    if (end !== undefined) to = Math.min(to, Number(end - records.baseOffset));
    this.#taken = to;
    this.#next = offset(records.baseOffset + BigInt(to));
    return this.#decode(records, from, to);
  }

  progress(): SourceProgress {
    const { start, end } = this.#options;
    const done = Number(this.#next - start);
    return end === undefined
      ? { done, unit: "rows" }
      : { done, total: Number(end - start), unit: "rows" };
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  #decode(records: LogRecords, from: number, to: number): SourceBatch {
    const { rows, recordIndex, badRecords } = this.#options.decoder.decode(records, from, to);
    const firstOffset = Number(records.baseOffset) + from;
    return {
      rows,
      firstOffset,
      ...(recordIndex === undefined ? {} : { recordIndex: recordIndex.map((at) => at - from) }),
      position: { offset: this.#next.toString() },
      deadLetters: badRecords.map((bad) => this.#deadLetter(bad, records)),
    };
  }

  #deadLetter(bad: BadRecord, records: LogRecords): DeadLetter {
    const { topic, partition, sourceId } = this.#options;
    const { code, reason, raw, rawEncoding } = bad;
    const place = { topic, ...bad.place, ...(rawEncoding === undefined ? {} : { rawEncoding }) };
    const at = Number(records.baseOffset) + bad.index;
    return { code, reason, raw, place, offset: at, partition, operatorId: sourceId };
  }
}
