import { checkAggregates, checkWindow, formatWindow, orderedAggregates } from "@millrace/plan";
import { callExpressions, mapAggregates, numberCalls } from "./aggregate-columns.ts";
import { columnsOfAll } from "./columns-of-all.ts";
import type { Step } from "./step.ts";

/** Aggregates per key and window. */
export const windowAggregateStep: Step<"windowAggregate"> = {
  describe: (node) => formatWindow(node.window),
  check(node) {
    const problem = checkWindow(node.window);
    const calls = node.columns.flatMap((column) => column.calls);
    const use = { merges: node.window.kind !== "tumbling", retracts: false };
    return [...(problem === undefined ? [] : [problem]), ...checkAggregates(node.id, calls, use)];
  },
  needsEventTime: () => true,
  columnsRead: (node, { wantedLate }) => [
    ...node.keys,
    ...columnsOfAll(callExpressions(node.columns)),
    ...wantedLate,
  ],
  mapExpressions: (node, change) => ({ ...node, columns: mapAggregates(node.columns, change) }),
  needsLineage: (node) =>
    node.columns.some(({ calls }) => calls.some((c) => orderedAggregates.has(c.function))),
  spec: (node) => ({
    kind: "windowAggregate",
    keys: node.keys,
    window: node.window,
    allowedLatenessMs: node.allowedLatenessMs,
    ...numberCalls(node.columns),
  }),
};
