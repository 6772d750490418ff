import { assert } from "@millrace/core";
import {
  type AggregateCall,
  type AggregateColumn,
  argumentsOf,
  type Expression,
  type NamedExpression,
} from "@millrace/plan";

/** Arguments and filters of all calls of an aggregation's columns. */
export function callExpressions(columns: readonly AggregateColumn[]): Expression[] {
  return columns
    .flatMap((column) => column.calls)
    .flatMap((call) => [...argumentsOf(call), call.filter])
    .filter((expression) => expression !== undefined);
}

/** The columns with each expression changed, those of the calls as well. */
export function mapAggregates(
  columns: readonly AggregateColumn[],
  change: (expression: Expression) => Expression,
): AggregateColumn[] {
  return columns.map((column) => ({
    ...column,
    expression: change(column.expression),
    calls: column.calls.map((call) => ({
      ...call,
      ...(call.argument === undefined ? {} : { argument: change(call.argument) }),
      ...(call.others === undefined ? {} : { others: call.others.map(change) }),
      ...(call.filter === undefined ? {} : { filter: change(call.filter) }),
    })),
  }));
}

/**
 * Numbers the calls of all columns together: equal aggregates are computed once, and each column
 * names them `$0`, `$1`, ….
 */
export function numberCalls(columns: readonly AggregateColumn[]): {
  readonly calls: AggregateCall[];
  readonly columns: NamedExpression[];
} {
  const calls: AggregateCall[] = [];
  const indexByText = new Map<string, number>();
  const numbered = columns.map((column): NamedExpression => {
    const places = column.calls.map((call) => {
      const text = JSON.stringify(call);
      const index = indexByText.get(text) ?? calls.push(call) - 1;
      indexByText.set(text, index);
      return index;
    });
    return { name: column.name, expression: renumber(column.expression, places) };
  });
  return { calls, columns: numbered };
}

function renumber(expression: Expression, places: readonly number[]): Expression {
  if (expression.kind === "call") {
    return { ...expression, arguments: expression.arguments.map((a) => renumber(a, places)) };
  }
  if (expression.kind !== "column") return expression;
  const place = places[Number(expression.name.slice(1))];
  assert(place !== undefined, `${expression.name} is one of the column's aggregates`);
  return { ...expression, name: `$${place}` };
}
