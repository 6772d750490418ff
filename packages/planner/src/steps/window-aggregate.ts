import {
  checkAggregates,
  checkEmit,
  checkWindow,
  formatEmit,
  formatWindow,
  orderedAggregates,
} from "@millrace/plan";
import { callExpressions, mapAggregates, numberCalls } from "./aggregate-columns.ts";
import { columnsOfAll } from "./columns-of-all.ts";
import type { Step } from "./step.ts";

/** Aggregates per key and window. */
export const windowAggregateStep: Step<"windowAggregate"> = {
  describe: (node) => `${formatWindow(node.window)}${formatEmit(node.emit)}`,
  check(node) {
    const { window, emit } = node;
    const problem = checkWindow(window) ?? (emit && checkEmit(window, emit));
    const calls = node.columns.flatMap((column) => column.calls);
    const isOnePane = window.kind === "tumbling" || window.kind === "calendar";
    const aggregates = checkAggregates(node.id, calls, { merges: !isOnePane, retracts: false });
    return [...(problem === undefined ? [] : [problem]), ...aggregates];
  },
  needsEventTime: () => true,
  columnsRead: (node, { wantedLate }) => [
    ...node.keys,
    ...columnsOfAll(callExpressions(node.columns)),
    ...wantedLate,
  ],
  mapExpressions: (node, change) => ({ ...node, columns: mapAggregates(node.columns, change) }),
  needsLineage: (node) =>
    node.window.kind === "global" ||
    node.columns.some(({ calls }) => calls.some((c) => orderedAggregates.has(c.function))),
  spec: (node) => ({
    kind: "windowAggregate",
    keys: node.keys,
    window: node.window,
    allowedLatenessMs: node.allowedLatenessMs,
    ...(node.emit === undefined ? {} : { emit: node.emit }),
    ...numberCalls(node.columns),
  }),
};
