import { concatColumns, takeColumn } from "@millrace/columnar";
import type { Data } from "apache-arrow";

/** Rows of a column that get other values: the i-th of `rows` gets row `from(i)` of `values`. */
export interface Overlay {
  readonly rows: Int32Array;
  readonly values: Data;
  /** Whether `values` has one row, for all of them. */
  readonly isConstant?: boolean;
}

/** The column with other values in some rows. Any type. O(rows). */
export function overlayColumn(base: Data, { rows, values, isConstant = false }: Overlay): Data {
  if (rows.length === 0) return base;
  const places = new Int32Array(base.length);
  for (let row = 0; row < places.length; row += 1) places[row] = row;
  for (let i = 0; i < rows.length; i += 1) {
    places[rows[i] as number] = base.length + (isConstant ? 0 : i);
  }
  return takeColumn(concatColumns([base, values]), places, places.length);
}
