import { crc32 } from "node:zlib";
import {
  type LogRecords,
  millraceError,
  type Offset,
  offset,
  type RecordRanges,
  recordValue,
} from "@millrace/core";
import { gatherRecords } from "../embedded/gather-records.ts";
import { offsetOutOfRange } from "../offset-out-of-range.ts";

/** A transaction of a writer: open until it is decided, and then until all partitions know. */
export interface SimulatedTransaction {
  readonly writerId: string;
  state: "open" | "committed" | "aborted";
}

/** A record, or without a value the mark with which a transaction ends in a partition. */
interface Entry {
  readonly offset: number;
  readonly value: Uint8Array | undefined;
  readonly checksum: number;
  readonly transaction: SimulatedTransaction;
}

/** A read, and where the next one begins. */
export interface PartitionRead {
  readonly records: LogRecords;
  readonly next: Offset;
}

/**
 * The records of one partition, as Kafka keeps them: those of open and of aborted transactions
 * stand between those of others, a mark ends each transaction, and both take offsets.
 */
export class SimulatedPartition {
  readonly topic: string;
  /** Tells a topic that was made anew from the one before it. */
  readonly topicId: string;
  readonly index: number;
  #entries: Entry[] = [];
  /** First offset of each transaction that has no mark here yet. */
  readonly #unmarked = new Map<SimulatedTransaction, number>();
  #start = 0;
  #end = 0;

  constructor({ name, id }: { readonly name: string; readonly id: string }, index: number) {
    this.topic = name;
    this.topicId = id;
    this.index = index;
  }

  /** Start, and the last stable offset: nothing before it can change. */
  get bounds(): { start: Offset; end: Offset } {
    return { start: offset(this.#start), end: offset(this.#lastStable) };
  }

  /** The offset after the last record, which may be of a transaction that is not decided. */
  get end(): Offset {
    return offset(this.#end);
  }

  append(transaction: SimulatedTransaction, values: readonly (Uint8Array | RecordRanges)[]): void {
    if (!this.#unmarked.has(transaction)) this.#unmarked.set(transaction, this.#end);
    for (const value of values.flatMap(valuesOf)) this.#push(transaction, value);
  }

  /** The transaction has ended here: what it wrote can be read, or never. */
  mark(transaction: SimulatedTransaction): void {
    if (this.#unmarked.delete(transaction)) this.#push(transaction, undefined);
  }

  /** What a transaction has written here, in order, as far as it was not truncated. */
  valuesOf(transaction: SimulatedTransaction): Uint8Array[] {
    return this.#entries.flatMap(({ value, transaction: its }) =>
      its === transaction && value !== undefined ? [value] : [],
    );
  }

  /** @throws LOG_OFFSET_OUT_OF_RANGE, LOG_CORRUPT */
  read(from: Offset, bytesMax: number): PartitionRead {
    this.#check(from);
    const end = this.#lastStable;
    const found: Entry[] = [];
    let sizeBytes = 0;
    let next = Math.max(Number(from), end);
    for (const entry of this.#entries) {
      if (entry.offset < Number(from) || entry.offset >= end || !isRecord(entry)) continue;
      sizeBytes += entry.value?.length ?? 0;
      if (found.length > 0 && sizeBytes > bytesMax) {
        next = entry.offset;
        break;
      }
      this.#verify(entry);
      found.push(entry);
    }
    return { records: recordsOf(from, found), next: offset(next) };
  }

  /** @throws LOG_OFFSET_OUT_OF_RANGE when `before` is past the end */
  truncate(before: Offset): void {
    if (before <= this.#start) return;
    this.#check(before);
    this.#start = Number(before);
    this.#entries = this.#entries.filter((entry) => entry.offset >= this.#start);
  }

  /** Damages the first record that a reader would get from an offset on, as a disk may. */
  damage(from: Offset, change: (value: Uint8Array) => Uint8Array): void {
    const at = this.#entries.findIndex((entry) => {
      return entry.offset >= Number(from) && isRecord(entry) && (entry.value?.length ?? 0) > 0;
    });
    const entry = this.#entries[at];
    if (entry?.value === undefined) return;
    this.#entries[at] = { ...entry, value: change(entry.value.slice()) };
  }

  /** As if the topic had been made anew. */
  empty(): void {
    this.#entries = [];
    this.#unmarked.clear();
    this.#start = 0;
    this.#end = 0;
  }

  get #lastStable(): number {
    return Math.min(this.#end, ...this.#unmarked.values());
  }

  #push(transaction: SimulatedTransaction, value: Uint8Array | undefined): void {
    const checksum = value === undefined ? 0 : crc32(value);
    this.#entries.push({ offset: this.#end, value, checksum, transaction });
    this.#end += 1;
  }

  #verify({ value, checksum, offset: at }: Entry): void {
    if (value === undefined || crc32(value) === checksum) return;
    const { topic, index: partition } = this;
    const problem = "its checksum is wrong";
    throw millraceError("LOG_CORRUPT", { topic, partition, offset: String(at), problem });
  }

  #check(from: Offset): void {
    const bounds = { start: offset(this.#start), end: offset(this.#end) };
    if (from >= bounds.start && from <= bounds.end) return;
    throw offsetOutOfRange(this.topic, this.index, from, bounds);
  }
}

function isRecord({ value, transaction }: Entry): boolean {
  return value !== undefined && transaction.state === "committed";
}

function valuesOf(values: Uint8Array | RecordRanges): Uint8Array[] {
  if (values instanceof Uint8Array) return [values];
  return Array.from({ length: values.count }, (_, index) => recordValue(values, index));
}

function recordsOf(from: Offset, found: readonly Entry[]): LogRecords {
  const [first] = found;
  if (first === undefined) return gatherRecords(from, []);
  const records = gatherRecords(
    offset(first.offset),
    found.map(({ value }) => value as Uint8Array),
  );
  return {
    ...records,
    offsetDelta: Int32Array.from(found, (entry) => entry.offset - first.offset),
  };
}
