import type { DataType } from "@millrace/core";
import type { AggregateCall } from "./aggregate.ts";

/**
 * A column of one of the rows that a variable of a pattern has matched; null without such a row.
 */
export interface MatchCell {
  readonly kind: "cell";
  /** What it is called in expressions: `$small.last.amount`. */
  readonly name: string;
  readonly variable: string;
  /** From which end the rows are counted. */
  readonly from: "first" | "last";
  /** Rows between that end and the row: 0 is the first or last row itself. */
  readonly offset: number;
  readonly column: string;
  readonly type: DataType;
}

/** An aggregate of the rows that a variable of a pattern has matched. */
export interface MatchAggregate {
  readonly kind: "aggregate";
  /** What it is called in expressions: `$small.sum(amount)`. */
  readonly name: string;
  readonly variable: string;
  readonly call: AggregateCall;
}

/** A value of a match, which expressions read as a column. */
export type MatchCall = MatchCell | MatchAggregate;

/** The type of a value of a match. */
export function matchCallType(call: MatchCall): DataType {
  return call.kind === "cell" ? call.type : call.call.type;
}
