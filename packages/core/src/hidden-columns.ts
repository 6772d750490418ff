import type { FieldType } from "./types/data-type.ts";

/**
 * Columns that travel with a batch but are not the user's. Their names start with `$`, which no
 * user column may. They stand after the user's columns. A batch carries only those that someone
 * downstream needs.
 */
export const hiddenColumns: {
  /** Event time in ms (Arrow Int64, read as two Int32 halves in hot loops); not null. */
  readonly time: "$time";
  /**
   * Watermark of the record's own source partition just before it, in ms (Int64, null where the
   * record is not behind it). Lateness is decided by it alone, so batching and interleaving cannot
   * change it. A batch in which no record is behind has no such column.
   */
  readonly watermark: "$watermark";
  /** Index of the source in the plan (Int32). */
  readonly source: "$source";
  /** Source partition (Int32). */
  readonly partition: "$partition";
  /** Offset within the source partition (Int64). */
  readonly offset: "$offset";
  /** Index among the rows that one input row became (Int32). */
  readonly index: "$index";
  /**
   * Rows of an updating stream (Int32): +1 brings the row, −1 takes an equal one back. A batch of
   * an updating stream has the column; a batch of an append stream never has.
   */
  readonly weight: "$weight";
} = {
  time: "$time",
  watermark: "$watermark",
  source: "$source",
  partition: "$partition",
  offset: "$offset",
  index: "$index",
  weight: "$weight",
};

/** Whether a name is one of Millrace's own columns. */
export function isHiddenColumn(name: string): boolean {
  return name.startsWith("$");
}

/** The hidden columns that order rows of equal event time: source, partition, offset, index. */
export const lineageColumns: readonly string[] = [
  hiddenColumns.source,
  hiddenColumns.partition,
  hiddenColumns.offset,
  hiddenColumns.index,
];

/** The weight column as a field. */
export const weightField: FieldType = {
  name: hiddenColumns.weight,
  type: { kind: "int32", nullable: false },
};

/** The event-time column as a field. */
export const timeField: FieldType = {
  name: hiddenColumns.time,
  type: { kind: "int64", as: "number", nullable: false },
};
