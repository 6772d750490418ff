import type { DataType } from "@millrace/core";
import { type AggregateCall, argumentsOf, type Expression } from "@millrace/plan";

// An aggregate stands in an expression as a column of its own object identity, until its column
// index is known.
interface Stand {
  readonly call: AggregateCall;
  /** The aggregate that `.filter` or `.distinct` was called on. */
  readonly earlier: Expression | undefined;
}
const stands = new WeakMap<Expression, Stand>();

/** Makes a stand-in for an aggregate call within an expression. */
export function aggregatePlaceholder(call: AggregateCall, earlier?: Expression): Expression {
  const placeholder: Expression = { kind: "column", name: `${call.function}(…)`, type: call.type };
  stands.set(placeholder, { call, earlier });
  return placeholder;
}

/** The call that an expression stands for; undefined for all other expressions. */
export function aggregateCallOf(expression: Expression): AggregateCall | undefined {
  return stands.get(expression)?.call;
}

/**
 * What an aggregate was made of: its arguments, its filter, and the aggregate before `.filter` or
 * `.distinct`.
 */
export function partsOfAggregate(expression: Expression): readonly Expression[] {
  const stand = stands.get(expression);
  if (stand === undefined) return [];
  const { call, earlier } = stand;
  return [...argumentsOf(call), call.filter, earlier].filter((e) => e !== undefined);
}

/** The type of a call whose group may have no values to see. */
export function withFilteredType(type: DataType, isCounting: boolean): DataType {
  return isCounting ? type : { ...type, nullable: true };
}
