import type { Connector, Json, Source, SourceReader } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

/** Data of a source: one batch of all rows per partition, with the row type's columns. */
export interface PartitionRows {
  readonly partitions: readonly RecordBatch[];
  /** Takes rows [from, to) and the named columns of a batch. */
  readonly take: (
    batch: RecordBatch,
    range: { from: number; to: number },
    columns: readonly string[],
  ) => RecordBatch;
}

/**
 * A bounded source over rows in memory that keeps the `Source` contract: positions, offsets,
 * partitions. A run may ask for fewer partitions than there are: then the rest is not read, so give
 * as many as the run has.
 */
export function rowsSource(data: PartitionRows): Connector {
  return {
    openSource: (context) => {
      const source: Source = {
        partitionCount: Math.min(data.partitions.length, context.partitions),
        isBounded: true,
        fingerprint: data.partitions.map((batch) => batch.numRows).join(","),
        openReader: (partition, position) =>
          Promise.resolve(
            openReader(data, data.partitions[partition] as RecordBatch, context.columns, position),
          ),
        close: () => Promise.resolve(),
      };
      return Promise.resolve(source);
    },
  };
}

function openReader(
  data: PartitionRows,
  batch: RecordBatch,
  columns: readonly string[],
  position: Json | undefined,
): SourceReader {
  let next = position === undefined ? 0 : (position as { row: number }).row;
  return {
    read: (rowsMax) => {
      if (next >= batch.numRows) return Promise.resolve("end");
      const from = next;
      next = Math.min(batch.numRows, from + rowsMax);
      const rows = data.take(batch, { from, to: next }, columns);
      return Promise.resolve({ rows, firstOffset: from, position: { row: next }, deadLetters: [] });
    },
    progress: () => ({ done: next, total: batch.numRows, unit: "rows" }),
    close: () => Promise.resolve(),
  };
}
