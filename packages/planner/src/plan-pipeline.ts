import { type MillraceError, millraceError } from "@millrace/core";
import type { LogicalPlan, LogicalPlanData, PhysicalPlan } from "@millrace/plan";
import { checkPlan } from "./check/check-plan.ts";
import { materializeKeys } from "./physical/materialize-keys.ts";
import { planPhysical } from "./physical/plan-physical.ts";
import { type ParameterValues, replaceParameters } from "./rules/replace-parameters.ts";
import { rules } from "./rules/rules.ts";

/** What planning depends on beside the pipeline. */
export interface PlanSettings {
  /** Tasks of each stage. */
  readonly partitions: number;
  readonly parameters: ParameterValues;
  /** Off only in tests, which compare optimized with unoptimized plans. */
  readonly isOptimized?: boolean;
}

/** A plan through all its forms. */
export interface PlannedPipeline {
  /** As written. */
  readonly logical: LogicalPlan;
  /** After the rules. */
  readonly optimized: LogicalPlanData;
  readonly physical: PhysicalPlan;
}

/**
 * Checks, optimizes and lays out a pipeline.
 *
 * @throws MillraceError `PLAN_INVALID` with every problem found, each at its place in the user's
 *   file
 */
export function planPipeline(logical: LogicalPlan, settings: PlanSettings): PlannedPipeline {
  const replaced = replaceParameters(logical, settings.parameters);
  const problems = withoutRepeats([
    ...logical.problems,
    ...replaced.problems,
    ...checkPlan(logical),
  ]);
  if (problems.length > 0) {
    throw millraceError(
      "PLAN_INVALID",
      { pipeline: logical.name, count: problems.length },
      { problems },
    );
  }
  const { maxDriftMs } = logical;
  let optimized: LogicalPlanData = {
    name: logical.name,
    ...(maxDriftMs === undefined ? {} : { maxDriftMs }),
    parameters: logical.parameters,
    nodes: replaced.plan.nodes,
  };
  if (settings.isOptimized !== false) {
    for (const rule of rules) optimized = rule.apply(optimized, settings);
  }
  optimized = materializeKeys(optimized);
  return { logical, optimized, physical: planPhysical(optimized, settings.partitions) };
}

/** The builder and the check may both see a problem: the first stays. */
function withoutRepeats(problems: readonly MillraceError[]): MillraceError[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const text = `${problem.code} ${problem.message}`;
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}
