import {
  assert,
  type Connector,
  type SourceBatch,
  type SourceContext,
  type SourceReader,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import type { PartitionRows } from "./rows-source.ts";

/** Rows of a partition, then an event time that it has passed. */
interface Entry {
  readonly firstRow: number;
  readonly rows: RecordBatch;
  /** In ms; absent where nothing but its rows moves event time. */
  readonly passed?: number;
}

interface GrowingPartition {
  readonly entries: Entry[];
  rowCount: number;
  isEnded: boolean;
}

/** Where a reader goes on: rows of an entry that were read. Plain data. */
type Place = { readonly entry: number; readonly row: number };

/**
 * An unbounded source in memory that keeps the `Source` contract: rows are added while runs read
 * it, and each partition may be ended.
 */
export class GrowingSource {
  readonly #take: PartitionRows["take"];
  readonly #partitions: readonly GrowingPartition[];

  /** @param take as for `rowsSource` */
  constructor(partitions: number, take: PartitionRows["take"]) {
    this.#take = take;
    this.#partitions = Array.from({ length: partitions }, () => ({
      entries: [],
      rowCount: 0,
      isEnded: false,
    }));
  }

  /** Adds rows, with the row type's columns, at the end of a partition. */
  append(partition: number, rows: RecordBatch): void {
    if (rows.numRows > 0) this.#add(partition, rows);
  }

  /**
   * Moves the event time of a partition on, in ms, as if records with it had come and were not
   * needed.
   *
   * @param none a batch without rows
   */
  pass(partition: number, eventTime: number, none: RecordBatch): void {
    this.#add(partition, none, eventTime);
  }

  /** No row will follow; without a partition: in none. */
  end(partition?: number): void {
    if (partition !== undefined) this.#partition(partition).isEnded = true;
    else for (const each of this.#partitions) each.isEnded = true;
  }

  connector(): Connector {
    return {
      openSource: (context) =>
        Promise.resolve({
          partitionCount: this.#partitions.length,
          isBounded: false,
          fingerprint: `growing ${this.#partitions.length}`,
          openReader: (partition, position) => {
            const place = (position as Place | undefined) ?? { entry: 0, row: 0 };
            return Promise.resolve(this.#openReader(this.#partition(partition), context, place));
          },
          close: () => Promise.resolve(),
        }),
    };
  }

  #add(partition: number, rows: RecordBatch, passed?: number): void {
    const grown = this.#partition(partition);
    assert(!grown.isEnded, "a partition that has ended does not grow");
    const firstRow = grown.rowCount;
    grown.entries.push({ firstRow, rows, ...(passed === undefined ? {} : { passed }) });
    grown.rowCount += rows.numRows;
  }

  #openReader(partition: GrowingPartition, context: SourceContext, from: Place): SourceReader {
    let next = from;
    return {
      read: (rowsMax) => {
        const entry = partition.entries[next.entry];
        if (entry === undefined) return Promise.resolve(partition.isEnded ? "end" : "caught-up");
        const to = Math.min(entry.rows.numRows, next.row + rowsMax);
        const isWhole = to === entry.rows.numRows;
        const position = isWhole ? { entry: next.entry + 1, row: 0 } : { ...next, row: to };
        const batch: SourceBatch = {
          rows: this.#take(entry.rows, { from: next.row, to }, context.columns),
          firstOffset: entry.firstRow + next.row,
          position,
          deadLetters: [],
          ...(isWhole && entry.passed !== undefined
            ? { skipped: { count: 0, eventTimeMax: entry.passed } }
            : {}),
        };
        next = position;
        return Promise.resolve(batch);
      },
      progress: () => {
        const { firstRow = partition.rowCount } = partition.entries[next.entry] ?? {};
        return { done: firstRow + next.row, unit: "rows" };
      },
      close: () => Promise.resolve(),
    };
  }

  #partition(index: number): GrowingPartition {
    const partition = this.#partitions[index];
    assert(partition !== undefined, `the source has a partition ${index}`);
    return partition;
  }
}
