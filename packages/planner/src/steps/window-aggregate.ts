import { checkEmit, checkWindow, formatEmit, formatWindow } from "@millrace/plan";
import { callExpressions, mapAggregates, numberCalls } from "./aggregate-columns.ts";
import { columnsOfAll } from "./columns-of-all.ts";
import type { Step } from "./step.ts";

/** Aggregates per key and window. */
export const windowAggregateStep: Step<"windowAggregate"> = {
  describe: (node) => `${formatWindow(node.window)}${formatEmit(node.emit)}`,
  check({ window, emit }) {
    const problem = checkWindow(window);
    if (problem !== undefined) return [problem];
    const early = emit === undefined ? undefined : checkEmit(window, emit);
    return early === undefined ? [] : [early];
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
    node.columns.some(({ calls }) => calls.some((c) => ["first", "last"].includes(c.function))),
  spec: (node) => ({
    kind: "windowAggregate",
    keys: node.keys,
    window: node.window,
    allowedLatenessMs: node.allowedLatenessMs,
    ...(node.emit === undefined ? {} : { emit: node.emit }),
    ...numberCalls(node.columns),
  }),
};
