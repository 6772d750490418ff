import { type MillraceError, millraceError, quote } from "@millrace/core";
import type { LogicalNode, LogicalPlan, ParameterSpec } from "@millrace/plan";
import { branded, type Pipeline } from "./pipeline-brand.ts";
import { PlanDraft } from "./plan-draft.ts";
import { withinScope } from "./expression/scope.ts";

/**
 * One pipeline of several, which start, commit and restart together. A source that several of them
 * write down alike is read and decoded once for all of them.
 *
 * Each id gets the name of its pipeline before it: the sink `table` of `orders` is
 * `orders--table`. Parameters of the same name are one parameter, which has the same type and
 * default everywhere; the least `maxDrift` holds. An error of one stops all.
 *
 * @param name as a pipeline's; saved state belongs to it, not to the pipelines that are combined
 * @example
 * ```ts
 * export default combine("shop", hourlyOrders, fraud);
 * ```
 */
export function combine(name: string, ...pipelines: readonly Pipeline[]): Pipeline {
  return branded({ name, build: () => combinedPlan(name, pipelines) });
}

function combinedPlan(name: string, pipelines: readonly Pipeline[]): LogicalPlan {
  const draft = new PlanDraft(name);
  const plans = pipelines.map((pipeline) => pipeline.build());
  withinScope({ step: `combine ${quote(name)}`, problems: draft.problems }, () => {
    draft.checkName(name);
  });
  const drifts = plans.flatMap(({ maxDriftMs }) => maxDriftMs ?? []);
  return {
    name,
    parameters: plans.flatMap(({ parameters }, index) =>
      parameters.filter((each) => !parametersBefore(plans, index).has(each.name)),
    ),
    nodes: prefixedNodes(plans),
    functions: new Map(
      plans.flatMap((plan) =>
        [...plan.functions].map(([id, given]) => [functionIdOf(plan, id), given] as const),
      ),
    ),
    validators: new Map(
      plans.flatMap((plan) =>
        [...plan.validators].map(([id, given]) => [idOf(plan, id), given] as const),
      ),
    ),
    problems: [
      ...draft.finish().problems,
      ...conflictsOf(name, plans),
      ...plans.flatMap(({ problems }) => problems),
    ],
    ...(drifts.length === 0 ? {} : { maxDriftMs: Math.min(...drifts) }),
  };
}

function idOf(plan: LogicalPlan, id: string): string {
  return `${plan.name}--${id}`;
}

/** Functions of a step have its id before them; those of aggregates belong to no step. */
function functionIdOf(plan: LogicalPlan, id: string): string {
  return isOfAggregate(id) ? id : idOf(plan, id);
}

function isOfAggregate(id: string): boolean {
  return id.split(".").length === 3;
}

function prefixedNodes(plans: readonly LogicalPlan[]): LogicalNode[] {
  let sources = 0;
  return plans.flatMap((plan) =>
    plan.nodes.map((node) => ({
      ...node,
      ...renamedFunctions(plan, node),
      id: idOf(plan, node.id),
      inputs: node.inputs.map((input) => idOf(plan, input)),
      ...(node.kind === "source" ? { sourceIndex: sources++ } : {}),
    })),
  );
}

/** The members that name functions: `functionId`, `onRowId` and so on. */
function renamedFunctions(plan: LogicalPlan, node: LogicalNode): Readonly<Record<string, string>> {
  const named = Object.entries(node).filter(
    ([member, value]) => member.endsWith("Id") && plan.functions.has(value as string),
  );
  return Object.fromEntries(
    named.map(([member, value]) => [member, functionIdOf(plan, value as string)]),
  );
}

function parametersBefore(
  plans: readonly LogicalPlan[],
  index: number,
): ReadonlyMap<string, ParameterSpec> {
  const before = plans.slice(0, index).flatMap(({ parameters }) => parameters);
  return new Map(before.map((parameter) => [parameter.name, parameter]));
}

/** What cannot be one: names of pipelines, parameters, and user-defined aggregates. */
function conflictsOf(pipeline: string, plans: readonly LogicalPlan[]): MillraceError[] {
  const problems = plans.flatMap((plan, index) => {
    const earlier = plans.slice(0, index);
    const isTwice = earlier.some(({ name }) => name === plan.name);
    const known = parametersBefore(plans, index);
    const parameters = plan.parameters.filter(
      (each) => known.has(each.name) && textOf(known.get(each.name)) !== textOf(each),
    );
    const functions = [...plan.functions].filter(([id, given]) =>
      earlier.some((other) => isOfAggregate(id) && (other.functions.get(id) ?? given) !== given),
    );
    return [
      ...(isTwice ? [`two pipelines are called ${quote(plan.name)}`] : []),
      ...parameters.map(({ name }) => `the parameter ${quote(name)} has two types or defaults`),
      ...functions.map(
        ([id]) => `two aggregate functions have the name ${quote(id.split(".")[1])}`,
      ),
    ];
  });
  return [...new Set(problems)].map((problem) =>
    millraceError(
      "PLAN_ARGUMENT_INVALID",
      { problem: `combine: ${problem}` },
      { where: { pipeline } },
    ),
  );
}

function textOf(parameter: ParameterSpec | undefined): string {
  return JSON.stringify(parameter);
}
