import { rowsToBatch } from "@millrace/columnar";
import { isMillraceError, type RowSchema } from "@millrace/core";
import type { Data } from "apache-arrow";

/** Rows as columns. */
export interface SettledColumns {
  readonly columns: readonly Data[];
  /** Indexes of the rows that they hold, among those given. */
  readonly kept: readonly number[];
}

/**
 * Plain rows as columns, without those that the columns cannot hold, which `refuse` is told of.
 * They are looked for one by one only when there are some.
 */
export function settledColumns(
  schema: RowSchema,
  rows: readonly object[],
  refuse: (index: number, error: unknown) => void,
): SettledColumns {
  const all = rows.map((_, index) => index);
  try {
    return { columns: rowsToBatch(schema, rows).data.children, kept: all };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
  }
  const kept = all.filter((index) => {
    try {
      rowsToBatch(schema, [rows[index] as object]);
      return true;
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      refuse(index, error);
      return false;
    }
  });
  const good = kept.map((index) => rows[index] as object);
  return { columns: rowsToBatch(schema, good).data.children, kept };
}
