import { columnIndex } from "@millrace/columnar";
import type { Data, RecordBatch } from "apache-arrow";

/** The column of that name, or undefined. */
export function findColumn(batch: RecordBatch, name: string): Data | undefined {
  const index = columnIndex(batch.schema, name);
  return index < 0 ? undefined : batch.data.children[index];
}
