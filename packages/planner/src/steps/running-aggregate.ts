import { formatDuration } from "@millrace/core";
import { checkAggregates, orderedAggregates } from "@millrace/plan";
import { callExpressions, mapAggregates, numberCalls } from "./aggregate-columns.ts";
import { columnsOfAll } from "./columns-of-all.ts";
import type { Step } from "./step.ts";

/** Aggregates over all rows of a key so far. */
export const runningAggregateStep: Step<"runningAggregate"> = {
  describe(node) {
    const names = node.columns.map(({ name }) => name).join(", ");
    const { forgetAfterMs } = node;
    const rest =
      forgetAfterMs === undefined ? "" : `, forgotten after ${formatDuration(forgetAfterMs)}`;
    return `aggregate ${names}${rest}`;
  },
  check(node) {
    const calls = node.columns.flatMap((column) => column.calls);
    return checkAggregates(node.id, calls, { merges: false, retracts: node.retracts });
  },
  needsEventTime: (node) => node.forgetAfterMs !== undefined || hasOrderedCalls(node),
  columnsRead: (node) => [...node.keys, ...columnsOfAll(callExpressions(node.columns))],
  mapExpressions: (node, change) => ({ ...node, columns: mapAggregates(node.columns, change) }),
  needsLineage: (node) => node.forgetAfterMs !== undefined || hasOrderedCalls(node),
  spec: ({ keys, columns, emit, retracts, forgetAfterMs }) => ({
    kind: "runningAggregate",
    keys,
    ...numberCalls(columns),
    emit,
    retracts,
    ...(forgetAfterMs === undefined ? {} : { forgetAfterMs }),
  }),
};

function hasOrderedCalls(node: Parameters<typeof runningAggregateStep.describe>[0]): boolean {
  return node.columns.some(({ calls }) => calls.some((c) => orderedAggregates.has(c.function)));
}
