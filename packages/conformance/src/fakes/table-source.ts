import { rowsToBatch } from "@millrace/columnar";
import type { Connector, RowType } from "@millrace/core";
import { rowsSource } from "./rows-source.ts";
import { takeColumns } from "./take-columns.ts";

/** Rows of a source; `part` names the source partition of a row, modulo their number. */
export interface TableRows<Row extends object> {
  readonly type: RowType<Row>;
  readonly rows: readonly Row[];
  readonly part: (row: Row) => number;
}

/** A bounded source of plain rows in so many partitions. */
export function tableSource<Row extends object>(
  { type, rows, part }: TableRows<Row>,
  partitions: number,
): Connector {
  return rowsSource({
    partitions: Array.from({ length: partitions }, (_, partition) =>
      rowsToBatch(
        type.schema,
        rows.filter((row) => part(row) % partitions === partition),
      ),
    ),
    take: takeColumns(type.schema),
  });
}
