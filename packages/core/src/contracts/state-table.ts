import type { RecordBatch } from "apache-arrow";

/**
 * A table of an operator's state that the runtime keeps in the changelog.
 *
 * Rows are plain batches of the table's own schema, whose first column is `$keyGroup` (Int32,
 * 0…239). Deltas hold new values of changed rows, never increments, so that applying one twice
 * changes nothing (DESIGN: changelog).
 */
export interface StateTable {
  /** Unique within the operator. */
  readonly name: string;
  /** Rows changed since the last call, and marks them as unchanged. Empty when there are none. */
  takeDelta(): readonly RecordBatch[];
  /** All rows whose key group is in [from, to), for a snapshot chunk. Changes nothing. */
  snapshot(from: number, to: number): readonly RecordBatch[];
  /** Applies rows of a snapshot chunk or of a delta, in log order. They do not count as changed. */
  restore(rows: RecordBatch): void;
  /**
   * Called once after the last `restore`, with the watermark of the progress record: drops what had
   * closed by then.
   */
  restored(watermark: number): void;
  readonly rowCount: number;
  /** Bytes held, roughly. */
  readonly sizeBytes: number;
}

/** Name of the first column of every state table. */
export const keyGroupColumn = "$keyGroup";
