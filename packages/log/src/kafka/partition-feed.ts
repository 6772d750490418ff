import { type LogRecords, type Offset, offset, recordOffset } from "@millrace/core";
import type { DecodedRecords } from "@millrace/kafka";

/** Records that wait to be read; a partition with more is not fetched. */
const waitingBytesMax = 8 * 1024 * 1024;

/** Fetched records of which some may have been read. */
interface Chunk {
  readonly records: LogRecords;
  /** Where the fetch that brought them ended. */
  readonly next: Offset;
  taken: number;
  /** To be called when nobody reads the records any more; absent where that is not known. */
  readonly release: (() => void) | undefined;
}

/** A partition as a reader of it needs to be told apart from one that was made anew. */
export interface FeedPlace {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** Whether keys, times and headers are wanted. */
  readonly withMeta: boolean;
  /** Whether records are read only until the next ones are asked for. */
  readonly isTransient: boolean;
}

/**
 * One partition between the fetcher, which brings records, and its reader, which takes them.
 *
 * The reader waits only while it cannot know what comes next: before the first answer, and where
 * more is known to be committed than has come. Else an empty partition is told as such at once.
 */
export class PartitionFeed implements FeedPlace {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly withMeta: boolean;
  readonly isTransient: boolean;
  /** Offset of the next fetch. */
  fetchOffset: Offset;
  readonly #onDemand: () => void;
  readonly #ownEnd: () => bigint;
  readonly #chunks: Chunk[] = [];
  /** What the reader has of chunks that are all taken. */
  #lent: (() => void) | undefined;
  #waitingBytes = 0;
  /** Transactions before it are decided; known from the first answer on. */
  #lastStable: bigint | undefined;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  /** Whether the reader was told that there is nothing. */
  #isDry = false;

  /**
   * @param ownEnd end of what this process has committed there: it is there, if not fetched yet
   * @param onDemand called when the partition is to be fetched after it was not
   */
  constructor(place: FeedPlace, from: Offset, ownEnd: () => bigint, onDemand: () => void) {
    this.topic = place.topic;
    this.topicId = place.topicId;
    this.partition = place.partition;
    this.withMeta = place.withMeta;
    this.isTransient = place.isTransient;
    this.fetchOffset = from;
    this.#ownEnd = ownEnd;
    this.#onDemand = onDemand;
  }

  get wantsMore(): boolean {
    return this.#failure === undefined && this.#waitingBytes < waitingBytesMax;
  }

  /** Offset of the next record that `read` gives. */
  get position(): Offset {
    const [first] = this.#chunks;
    return first === undefined ? this.fetchOffset : recordOffset(first.records, first.taken);
  }

  /**
   * Takes what a fetch brought.
   *
   * @param release called when nobody reads the records any more
   * @returns whether a reader that was told of nothing may have something now
   */
  take({ records, next }: DecodedRecords, lastStable: bigint, release?: () => void): boolean {
    this.fetchOffset = next;
    this.#lastStable = lastStable;
    if (records.count > 0) {
      this.#chunks.push({ records, next, taken: 0, release });
      this.#waitingBytes += bytesOf(records, 0);
    }
    this.#resume();
    const hasCome = this.#isDry && records.count > 0;
    if (hasCome) this.#isDry = false;
    return hasCome;
  }

  /** Ends the feed: the reader gets what was fetched before, then the error. */
  fail(error: Error): void {
    this.#failure = error;
    this.#resume();
  }

  /** As `LogReader.read`. */
  async read(bytesMax: number): Promise<LogRecords> {
    this.#takeBack();
    for (;;) {
      const [first] = this.#chunks;
      if (first !== undefined) return this.#give(first, bytesMax);
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isUpToDate()) {
        this.#isDry = true;
        return noRecords(this.fetchOffset);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Lets go of all records: nobody reads them any more. */
  close(): void {
    this.#takeBack();
    for (const { release } of this.#chunks.splice(0)) release?.();
  }

  #takeBack(): void {
    const lent = this.#lent;
    this.#lent = undefined;
    lent?.();
  }

  #isUpToDate(): boolean {
    if (this.#lastStable === undefined) return false;
    return this.fetchOffset >= this.#lastStable && this.fetchOffset >= this.#ownEnd();
  }

  #give(chunk: Chunk, bytesMax: number): LogRecords {
    const from = chunk.taken;
    const to = endWithin(chunk.records, from, bytesMax);
    chunk.taken = to;
    const isWhole = to === chunk.records.count;
    const wantedMore = this.wantsMore;
    if (isWhole) {
      this.#chunks.shift();
      this.#lent = chunk.release;
      this.#waitingBytes -= bytesOf(chunk.records, 0);
    }
    if (!wantedMore && this.wantsMore) this.#onDemand();
    return from === 0 && isWhole ? chunk.records : partOf(chunk.records, from, to);
  }

  #resume(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function noRecords(at: Offset): LogRecords {
  const none = new Int32Array(0);
  return {
    count: 0,
    baseOffset: at,
    buffer: new Uint8Array(0),
    valueStart: none,
    valueLength: none,
  };
}

/** Bytes from the first record's on. */
function bytesOf(records: LogRecords, from: number): number {
  if (records.count === 0) return 0;
  const last = records.count - 1;
  const end =
    (records.valueStart[last] as number) + Math.max(0, records.valueLength[last] as number);
  return end - (records.valueStart[from] as number);
}

/** The record after the last one of about `bytesMax` bytes, at least one on from `from`. */
function endWithin({ count, valueLength }: LogRecords, from: number, bytesMax: number): number {
  let to = from + 1;
  let bytes = Math.max(0, valueLength[from] as number);
  while (to < count) {
    bytes += Math.max(0, valueLength[to] as number);
    if (bytes > bytesMax) break;
    to += 1;
  }
  return to;
}

/** Some of the records, without a copy. */
function partOf(records: LogRecords, from: number, to: number): LogRecords {
  const { buffer, valueStart, valueLength, offsetDelta, meta } = records;
  const first = offsetDelta?.[from];
  return {
    count: to - from,
    baseOffset: offset(recordOffset(records, from)),
    buffer,
    valueStart: valueStart.subarray(from, to),
    valueLength: valueLength.subarray(from, to),
    ...(offsetDelta === undefined
      ? {}
      : { offsetDelta: offsetDelta.subarray(from, to).map((delta) => delta - (first as number)) }),
    ...(meta === undefined
      ? {}
      : {
          meta: {
            keyStart: meta.keyStart.subarray(from, to),
            keyLength: meta.keyLength.subarray(from, to),
            timestamp: meta.timestamp.subarray(from, to),
            headersStart: meta.headersStart.subarray(from, to),
          },
        }),
  };
}
