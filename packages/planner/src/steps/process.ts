import { formatDuration } from "@millrace/core";
import type { ProcessSpec } from "@millrace/plan";
import { describeOnError } from "./describe-on-error.ts";
import type { Step } from "./step.ts";

/** A user function with state and timers. It sees whole rows, and emits others. */
export const processStep: Step<"process"> = {
  describe: describeProcess,
  needsEventTime: () => true,
  needsLineage: () => true,
  spec: (node) => ({
    kind: "process",
    keys: node.stateKeys,
    states: node.states,
    sides: node.sides,
    order: node.order,
    onRowId: node.onRowId,
    ...(node.onTimerId === undefined ? {} : { onTimerId: node.onTimerId }),
    ...(node.onProcessingTimerId === undefined
      ? {}
      : { onProcessingTimerId: node.onProcessingTimerId }),
    ...(node.forgetAfterMs === undefined ? {} : { forgetAfterMs: node.forgetAfterMs }),
    ...(node.onError === undefined ? {} : { onError: node.onError }),
  }),
};

/** A process step in words: `process with count, items and timers`. */
export function describeProcess(spec: Omit<ProcessSpec, "kind" | "keys">): string {
  const kept = [
    ...spec.states.map(({ name }) => name),
    ...(spec.onTimerId === undefined ? [] : ["timers"]),
    ...(spec.onProcessingTimerId === undefined ? [] : ["processing timers"]),
  ];
  const state = kept.length === 0 ? "" : ` with ${kept.join(", ")}`;
  const { forgetAfterMs } = spec;
  const forget =
    forgetAfterMs === undefined ? "" : `, forgotten after ${formatDuration(forgetAfterMs)}`;
  return `process by function ${spec.onRowId}${state}${forget}${describeOnError(spec.onError)}`;
}
