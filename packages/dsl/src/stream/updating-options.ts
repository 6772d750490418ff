import type { Duration } from "@millrace/core";
import type { EmitChanges, RankKind } from "@millrace/plan";
import type {
  ColumnExpression,
  ExpressionRow,
  SortExpression,
} from "../expression/expression-types.ts";
import type { StreamTypeError } from "./stream-type-error.ts";

/** What puts rows in order: `row.price.desc()`; an expression alone is ascending. */
export type SortTerm = SortExpression | ColumnExpression<unknown>;

/** An order of rows: by one term, or by several, the first one first. */
export type OrderBy<Row> = (row: ExpressionRow<Row>) => SortTerm | readonly SortTerm[];

/** Options of a running `aggregate`. */
export interface RunningAggregateOptions {
  /**
   * `each-batch` (default): at most one change per key for all the rows of a batch. `each-row`: a
   * change for each row that changes the result, at the cost of about one batch per row.
   */
  readonly emit?: EmitChanges;
  /**
   * Event time after its last row for which a key is remembered; it bounds the state. A key that is
   * forgotten keeps the row it has; its next row starts a new result. Rows then wait for the
   * watermark, and come late behind it. By default no key is ever forgotten.
   */
  readonly forgetAfter?: Duration;
}

/** When the rows of `topN` and `rank` come out. */
export type EmitRows = "each-batch" | "when-complete";

/** What is wrong with waiting for complete rows; nothing where the keys name a window's end. */
type CheckedEmit<Emit, Keys> = Emit extends "when-complete"
  ? "windowEnd" extends Keys
    ? Emit
    : StreamTypeError<"when-complete needs windowEnd among the keys: only a window's rows end">
  : Emit;

/** What is wrong with the name of a rank column; the name itself where nothing is. */
type CheckedRank<Row, Rank> = Rank extends keyof Row
  ? StreamTypeError<`the column ${Rank & string} is taken; choose another name for the rank`>
  : Rank;

/** Options of `topN`. */
export interface TopNOptions<
  Row,
  Keys extends PropertyKey,
  Rank extends string,
  Emit extends EmitRows,
> {
  /** How many rows of each key, from 1 to 1,000,000. */
  readonly n: number;
  readonly orderBy: OrderBy<Row>;
  /** `keep`: also the rows that the order leaves equal to the n-th. Default `cut`. */
  readonly ties?: "cut" | "keep";
  /**
   * Name of a column with the row's number: 1, 2, 3, …; with `ties: "keep"` equal rows share one.
   */
  readonly rank?: Rank & CheckedRank<Row, Rank>;
  /**
   * `each-batch` (default): how the rows have changed with each batch. `when-complete`: once, as
   * rows that stay, when the watermark has reached the `windowEnd` among the keys.
   */
  readonly emit?: Emit & CheckedEmit<Emit, Keys>;
}

/** Options of `rank`. */
export interface RankOptions<
  Row,
  Keys extends PropertyKey,
  Rank extends string,
  Emit extends EmitRows,
> {
  readonly orderBy: OrderBy<Row>;
  /**
   * Numbers of rows of which the second and third are equal: `rowNumber` 1, 2, 3, 4; `rank` 1, 2,
   * 2, 4; `denseRank` 1, 2, 2, 3.
   */
  readonly kind: RankKind;
  /** Rows with a greater number are left out, from 1 to 1,000,000: it bounds the state. */
  readonly max: number;
  /** Name of the number's column, by default `rank`. */
  readonly as?: Rank & CheckedRank<Row, Rank>;
  /** As for `topN`. */
  readonly emit?: Emit & CheckedEmit<Emit, Keys>;
}
