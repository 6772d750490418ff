import { batchSchema, columnOf, makeBatch, sliceRows } from "@millrace/columnar";
import { assert, findField, type RowSchema } from "@millrace/core";
import type { PartitionRows } from "./rows-source.ts";

/** How sources in memory take rows and columns of a batch with the columns of `schema`. */
export function takeColumns(schema: RowSchema): PartitionRows["take"] {
  return (batch, { from, to }, columns) => {
    const fields = columns.map((name) => {
      const field = findField(schema, name);
      assert(field !== undefined, "a run reads columns that its source has");
      return field;
    });
    const rows = sliceRows(batch, from, to);
    const data = columns.map((name) => columnOf(rows, name));
    return makeBatch(batchSchema(fields), data, rows.numRows);
  };
}
