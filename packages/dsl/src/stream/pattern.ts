import type { Duration } from "@millrace/core";
import { checkPattern, type PatternNode, type PatternSkip } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { MatchCalls, matchRows } from "./match-rows.ts";
import { knownVariables, SequenceDraft } from "./pattern-sequence.ts";
import { checkDuplicates, columnsGiven, fieldsOf } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

/** Options of `pattern`, as they are at run time. */
export interface PatternArguments {
  readonly sequence: (pattern: never) => unknown;
  readonly within: Duration;
  readonly skip?:
    | "past-last-row"
    | "to-next-row"
    | { readonly toFirst: string }
    | { readonly toLast: string };
  readonly select: (match: never) => unknown;
}

/** The node of a pattern; what is wrong with it is reported. */
export function patternNode(
  step: string,
  id: string,
  { node }: StepInput,
  options: PatternArguments,
): PatternNode {
  const { schema, keys } = node;
  const sequence = sequenceOf(step, options.sequence(new SequenceDraft(schema) as never));
  const { variables } = sequence;
  const calls = new MatchCalls();
  const match = matchRows(schema, knownVariables(variables), calls);
  const columns = columnsGiven(step, () => options.select(match as never));
  const parts = {
    variables,
    ...(sequence.absent === undefined ? {} : { notFollowedBy: sequence.absent }),
    withinMs: options.within,
    skip: skipOf(step, options.skip),
    conditionCalls: sequence.calls.all,
  };
  for (const reason of checkPattern(parts)) refuse(`${step}: ${reason}`);
  const keyFields = schema.fields.filter((field) => keys.includes(field.name));
  const fields = [...keyFields, ...fieldsOf(columns)];
  checkDuplicates(step, fields);
  return {
    inputs: [node.id],
    schema: { fields },
    keys,
    id,
    kind: "pattern",
    ...parts,
    calls: calls.all,
    columns,
  };
}

function refuse(problem: string): void {
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}

function sequenceOf(step: string, given: unknown): SequenceDraft {
  if (given instanceof SequenceDraft && given.variables.length > 0) return given;
  refuse(`${step}: sequence must return a sequence, such as (p) => p.one("first").one("second")`);
  return new SequenceDraft({ fields: [] }).one("none");
}

function skipOf(step: string, skip: PatternArguments["skip"] = "past-last-row"): PatternSkip {
  if (skip === "past-last-row" || skip === "to-next-row") return { kind: skip };
  if (typeof skip === "object" && "toFirst" in skip) {
    return { kind: "to-first", variable: skip.toFirst };
  }
  if (typeof skip === "object" && "toLast" in skip) {
    return { kind: "to-last", variable: skip.toLast };
  }
  refuse(`${step}: skip must be past-last-row, to-next-row, { toFirst } or { toLast }`);
  return { kind: "past-last-row" };
}
