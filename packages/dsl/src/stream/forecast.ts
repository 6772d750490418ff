import type { Duration, ModelDescriptor } from "@millrace/core";
import { forecastFields, type ForecastNode } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { checkNumberColumn } from "./number-column.ts";
import { checkDuplicates } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";
import { stepOf } from "./step-of.ts";

/** Options of `forecast`, as they are at run time. */
export interface ForecastArguments {
  readonly value: string;
  readonly model: ModelDescriptor<"forecaster">;
  readonly horizon: Duration;
  readonly every?: Duration;
  readonly step?: Duration;
  readonly levels?: readonly number[];
}

/** The node of a forecast; what is wrong with it is reported. */
export function forecastNode(
  step: string,
  id: string,
  { draft, node }: StepInput,
  options: ForecastArguments,
): ForecastNode {
  checkNumberColumn(step, node.schema, options.value);
  const levels = checkedLevels(step, options.levels ?? [0.8, 0.95]);
  const keys = node.schema.fields.filter((field) => node.keys.includes(field.name));
  const fields = [...keys, ...forecastFields(levels)];
  checkDuplicates(step, fields);
  const stepMs = options.step ?? stepOf(draft, node);
  return {
    inputs: [node.id],
    schema: { fields },
    keys: node.keys,
    id,
    kind: "forecast",
    value: options.value,
    model: options.model,
    ...(stepMs === undefined ? {} : { stepMs }),
    horizonMs: options.horizon,
    everyMs: options.every ?? options.horizon,
    levels,
  };
}

/** Levels ascending and different, each within (0, 1). */
function checkedLevels(step: string, levels: readonly number[]): readonly number[] {
  if (levels.some((level) => !(level > 0 && level < 1))) {
    const problem = `${step}: levels lie between 0 and 1, both excluded`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return [...new Set(levels)].sort((a, b) => a - b);
}
