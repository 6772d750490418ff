import { assert, type MillraceError, millraceError } from "@millrace/core";
import { checkModelValue, modelColumnsRead } from "./model-value.ts";
import type { NodeOf, Step } from "./step.ts";

/** Rows ahead of each key's values. */
export const forecastStep: Step<"forecast"> = {
  describe: (node) => `forecast ${node.value} with ${node.model.kind}`,
  check: (node, byId) => [...checkModelValue(node, byId), ...checkHorizon(node)],
  needsEventTime: () => true,
  columnsRead: modelColumnsRead,
  needsLineage: () => true,
  spec(node) {
    assert(node.stepMs !== undefined, "the check refused a forecast without a step");
    const { keys, value, model, stepMs, horizonMs, everyMs, levels } = node;
    return { kind: "forecast", keys, value, model, stepMs, horizonMs, everyMs, levels };
  },
};

function checkHorizon({ id, stepMs, horizonMs }: NodeOf<"forecast">): MillraceError[] {
  if (stepMs === undefined) return [millraceError("PLAN_FORECAST_STEP_MISSING", { id })];
  if (horizonMs > 0 && horizonMs % stepMs === 0) return [];
  return [millraceError("PLAN_FORECAST_HORIZON_INVALID", { id, horizonMs, stepMs })];
}
