import {
  assert,
  type Connector,
  type SourceBatch,
  type SourceContext,
  type SourceReader,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import type { PartitionRows } from "./rows-source.ts";

interface GrowingPartition {
  readonly batches: { readonly firstRow: number; readonly rows: RecordBatch }[];
  rowCount: number;
  isEnded: boolean;
}

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
      batches: [],
      rowCount: 0,
      isEnded: false,
    }));
  }

  /** Adds rows, with the row type's columns, at the end of a partition. */
  append(partition: number, rows: RecordBatch): void {
    const grown = this.#partition(partition);
    assert(!grown.isEnded, "a partition that has ended does not grow");
    if (rows.numRows === 0) return;
    grown.batches.push({ firstRow: grown.rowCount, rows });
    grown.rowCount += rows.numRows;
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
            const row = position === undefined ? 0 : (position as { row: number }).row;
            return Promise.resolve(this.#openReader(this.#partition(partition), context, row));
          },
          close: () => Promise.resolve(),
        }),
    };
  }

  #openReader(partition: GrowingPartition, context: SourceContext, from: number): SourceReader {
    let next = from;
    return {
      read: (rowsMax) => {
        const batch = partition.batches.findLast(({ firstRow }) => firstRow <= next);
        if (batch === undefined || next >= partition.rowCount) {
          return Promise.resolve(partition.isEnded ? "end" : "caught-up");
        }
        const read = this.#read(batch, next, rowsMax, context.columns);
        next += read.rows.numRows;
        return Promise.resolve(read);
      },
      progress: () => ({ done: next, unit: "rows" }),
      close: () => Promise.resolve(),
    };
  }

  #read(
    batch: { readonly firstRow: number; readonly rows: RecordBatch },
    firstOffset: number,
    rowsMax: number,
    columns: readonly string[],
  ): SourceBatch {
    const from = firstOffset - batch.firstRow;
    const to = Math.min(batch.rows.numRows, from + rowsMax);
    return {
      rows: this.#take(batch.rows, { from, to }, columns),
      firstOffset,
      position: { row: firstOffset + to - from },
      deadLetters: [],
    };
  }

  #partition(index: number): GrowingPartition {
    const partition = this.#partitions[index];
    assert(partition !== undefined, `the source has a partition ${index}`);
    return partition;
  }
}
