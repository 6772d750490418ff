import { type Duration, findField } from "@millrace/core";
import { checkMaxGap, type InterpolateNode } from "@millrace/plan";
import { unknownType } from "../expression/literal.ts";
import { reportProblem } from "../expression/scope.ts";
import type { InterpolateMethod } from "./grid-options.ts";
import { expectLinear } from "./grid-values.ts";
import { knownNames } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

/** Options of `interpolate`, as they are at run time. */
export interface InterpolateArguments {
  readonly columns: readonly string[];
  readonly method?: InterpolateMethod;
  readonly maxGap: Duration;
}

/** The node of an interpolation; what is wrong with it is reported. */
export function interpolateNode(
  step: string,
  id: string,
  { node }: StepInput,
  options: InterpolateArguments,
): InterpolateNode {
  const { method = "linear", maxGap: maxGapMs } = options;
  const problem = checkMaxGap(step, maxGapMs);
  if (problem !== undefined) throw problem;
  if (!["linear", "previous", "next"].includes(method)) {
    refuse(`${step}: method must be linear, previous or next`);
  }
  const columns = [...new Set(knownNames(step, node.schema, options.columns))];
  if (options.columns.length === 0) refuse(`${step}: name at least one column`);
  for (const name of columns) {
    const type = findField(node.schema, name)?.type ?? unknownType;
    if (node.keys.includes(name)) refuse(`${step}: ${name} is a key, and is not filled`);
    if (!type.nullable && type !== unknownType) refuse(`${step}: ${name} is never null`);
    if (method === "linear") expectLinear(type, name);
  }
  const { id: input, schema, keys } = node;
  return { inputs: [input], schema, keys, id, kind: "interpolate", columns, method, maxGapMs };
}

function refuse(problem: string): void {
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}
