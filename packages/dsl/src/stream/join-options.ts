import type { Duration } from "@millrace/core";
import type { WindowSpec } from "@millrace/plan";
import type {
  BooleanExpression,
  ExpressionOf,
  ExpressionRow,
  PointInTime,
  TimestampExpression,
} from "../expression/expression-types.ts";
import type { CheckedColumns, JoinedLeft, JoinedRight, JoinKindName } from "./row-types.ts";

/** Options that all joins have. */
interface AnyJoinOptions<
  Left,
  Right,
  Kind extends JoinKindName,
  Columns extends Readonly<Record<string, unknown>>,
> {
  /**
   * Which rows without a partner are in the result, with nulls for the other side: none (`inner`,
   * the default), the left ones, the right ones, or both (`full`).
   */
  readonly kind?: Kind;
  /** The result's columns, from a left and a right row. */
  readonly select: (
    left: ExpressionRow<JoinedLeft<Left, Kind>>,
    right: ExpressionRow<JoinedRight<Right, Kind>>,
  ) => Columns & CheckedColumns<Columns, never>;
}

/** Options of `intervalJoin`. */
export interface IntervalJoinOptions<
  Left,
  Right,
  Kind extends JoinKindName,
  Columns extends Readonly<Record<string, unknown>>,
> extends AnyJoinOptions<Left, Right, Kind, Columns> {
  /** Least `right.time − left.time`, included; may be negative. */
  readonly lower: Duration;
  /**
   * Greatest `right.time − left.time`, included; not below `lower`. Or a timestamp of the left row:
   * the greatest time of the right row, included; null pairs with nothing.
   */
  readonly upper:
    | Duration
    | ((left: ExpressionRow<Left>) => TimestampExpression<PointInTime | null>);
  /** A further condition on pairs; null is false. */
  readonly where?: (
    left: ExpressionRow<Left>,
    right: ExpressionRow<Right>,
  ) => BooleanExpression<boolean | null>;
}

/** Options of `join`. */
export interface JoinOptions<
  Left,
  Right,
  Kind extends JoinKindName,
  Columns extends Readonly<Record<string, unknown>>,
> extends AnyJoinOptions<Left, Right, Kind, Columns> {
  /**
   * How long after its own event time a row still finds partners; it bounds the state. Without it
   * rows are kept for ever, up to `limits.joinRowsMax` per side and task. Needs event time.
   */
  readonly forgetAfter?: Duration;
}

/** Options of `windowJoin`. */
export interface WindowJoinOptions<
  Left,
  Right,
  Kind extends JoinKindName,
  Columns extends Readonly<Record<string, unknown>>,
> extends AnyJoinOptions<Left, Right, Kind, Columns> {
  /** `tumbling(…)` or `hopping(…)`. */
  readonly window: WindowSpec;
}

/** Options of `asOfJoin`. */
export interface AsOfJoinOptions<
  Left,
  Right,
  Kind extends "inner" | "left",
  Columns extends Readonly<Record<string, unknown>>,
> extends AnyJoinOptions<Left, Right, Kind, Columns> {
  /** How much older than the left row the right one may be, included; by default any age. */
  readonly tolerance?: Duration;
}

/** Options of `lookupTable`. */
export interface LookupTableOptions<
  Row,
  Table,
  TableKeys extends PropertyKey,
  Kind extends "inner" | "left",
  Columns extends Readonly<Record<string, unknown>>,
> extends AnyJoinOptions<Row, Table, Kind, Columns> {
  /**
   * For each key of the table what is looked up, of the same type: `(row) => ({ id: row.item })`.
   */
  readonly on: (row: ExpressionRow<Row>) => {
    readonly [Key in TableKeys & keyof Table]: ExpressionOf<Table[Key] | null>;
  };
}
