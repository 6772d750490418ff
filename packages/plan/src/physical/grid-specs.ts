import type { Expression } from "../expression/expression.ts";

/**
 * How a value between two rows of a key comes from them. `nearest`: of two as near, the earlier
 * one. `linear`: by time; whole numbers and decimals are rounded half away from zero.
 */
export type BetweenMethod = "previous" | "next" | "nearest" | "linear";

/** How far a regular grid goes: to the last row of a key, or to the watermark. */
export type GridUpTo = "last-row" | "watermark";

/** A regular grid of event time over the rows of each key. */
export interface GridSpec {
  readonly keys: readonly string[];
  /** The points of the grid are multiples of this, moved by `anchorMs`. */
  readonly everyMs: number;
  readonly anchorMs: number;
  /**
   * Two rows of a key that are further apart have no points between them. Up to the watermark: how
   * long after a row its points still come.
   */
  readonly maxGapMs: number;
  readonly upTo: GridUpTo;
}

/** A column of a resampled row: an expression over the input's rows, and how it is read. */
export interface GridColumn {
  readonly name: string;
  readonly expression: Expression;
  readonly method: BetweenMethod;
}

/** One row per key and point of the grid: keys, the point's time, then the columns. */
export interface ResampleSpec extends GridSpec {
  readonly kind: "resample";
  /** Name of the column with the point's time. */
  readonly time: string;
  readonly columns: readonly GridColumn[];
}

/** What an inserted row has in a column: the row's before it, by time, or a literal. */
export type GapFill =
  | { readonly by: "previous" | "linear" }
  | { readonly by: "constant"; readonly value: Expression };

/** A column of inserted rows that holds their point's time, moved. */
export interface GridTime {
  readonly column: string;
  readonly shiftMs: number;
}

/**
 * All rows, and one for each point of the grid in whose interval, up to the next point, a key has
 * none. Columns of inserted rows are those of the key, times, filled ones, or null.
 */
export interface GapFillSpec extends GridSpec {
  readonly kind: "gapFill";
  readonly times: readonly GridTime[];
  readonly fills: readonly { readonly column: string; readonly fill: GapFill }[];
}

/** All rows, with nulls of some columns filled from known values of the key around them. */
export interface InterpolateSpec {
  readonly kind: "interpolate";
  readonly keys: readonly string[];
  readonly columns: readonly string[];
  readonly method: "previous" | "next" | "linear";
  /**
   * How far the known value may be from the null one; with `linear`, the two known ones from each
   * other.
   */
  readonly maxGapMs: number;
}
