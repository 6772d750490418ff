import {
  type AggregateCall,
  type AggregateColumn,
  columnsOf,
  type Expression,
  rewriteExpression,
} from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { aggregateCallOf } from "./placeholder.ts";

/**
 * Turns what a callback returned for one column into plan data: aggregates become `$0`, `$1`, …;
 * equal calls share an index.
 *
 * Reports a column of the input that stands outside of every aggregate.
 */
export function aggregateColumn(step: string, name: string, result: Expression): AggregateColumn {
  const calls: AggregateCall[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (call: AggregateCall): number => {
    const identity = JSON.stringify(call);
    const known = indexes.get(identity);
    if (known !== undefined) return known;
    indexes.set(identity, calls.length);
    return calls.push(call) - 1;
  };
  const bare = new Set<string>();
  const expression = rewriteExpression(result, (part) => {
    const call = aggregateCallOf(part);
    if (call !== undefined) return { kind: "column", name: `$${indexOf(call)}`, type: call.type };
    if (part.kind === "column") columnsOf(part, bare);
    return part;
  });
  for (const column of bare) {
    const place = `${step}: the column ${column} in ${name} stands outside of an aggregate`;
    const advice = "a group has many values of it, so take first(…), max(…) or key by it";
    const problem = `${place}; ${advice}`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return { name, expression, calls };
}
