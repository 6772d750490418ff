import { type MillraceError, millraceError } from "@millrace/core";
import {
  checkPattern,
  type Expression,
  formatPattern,
  type MatchCall,
  type PatternVariable,
} from "@millrace/plan";
import { columnsOfAll } from "./columns-of-all.ts";
import { describeColumns } from "./describe-columns.ts";
import { keepFields } from "./keep-fields.ts";
import { mapNamed } from "./map-named.ts";
import type { NodeOf, Step } from "./step.ts";

/** Rows that follow each other as a pattern says. */
export const patternStep: Step<"pattern"> = {
  describe: (node) => `${formatPattern(node)}; select ${describeColumns(node.columns)}`,
  check: (node): MillraceError[] =>
    checkPattern(node).map((reason) => {
      const problem = `pattern ${JSON.stringify(node.id)}: ${reason}`;
      return millraceError("PLAN_ARGUMENT_INVALID", { problem });
    }),
  needsEventTime: () => true,
  needsLineage: () => true,
  columnsRead(node, { wanted }) {
    const columns = node.columns.filter(({ name }) => wanted.has(name));
    const read = columnsOfAll(columns.map(({ expression }) => expression));
    const calls = node.calls.filter(({ name }) => read.has(name));
    const own = [...columnsOfAll(conditionsOf(node))].filter((name) => !name.startsWith("$"));
    return [...node.keys, ...own, ...[...node.conditionCalls, ...calls].flatMap(columnsOfCall)];
  },
  prune(node, { required }) {
    const columns = node.columns.filter(({ name }) => required.has(name));
    const read = columnsOfAll(columns.map(({ expression }) => expression));
    const names = new Set([...node.keys, ...columns.map(({ name }) => name)]);
    const calls = node.calls.filter(({ name }) => read.has(name));
    return { ...node, columns, calls, schema: keepFields(node.schema, names) };
  },
  mapExpressions: (node, change) => ({
    ...node,
    variables: node.variables.map((variable) => mapVariable(variable, change)),
    ...(node.notFollowedBy === undefined ? {} : { notFollowedBy: change(node.notFollowedBy) }),
    columns: mapNamed(node.columns, change),
  }),
  spec: ({ keys, variables, notFollowedBy, withinMs, skip, conditionCalls, calls, columns }) => ({
    kind: "pattern",
    keys,
    variables,
    ...(notFollowedBy === undefined ? {} : { notFollowedBy }),
    withinMs,
    skip,
    conditionCalls,
    calls,
    columns,
  }),
};

function conditionsOf(node: NodeOf<"pattern">): Expression[] {
  return [
    ...node.variables.flatMap((one) => [one.condition, one.unless]),
    node.notFollowedBy,
  ].filter((expression) => expression !== undefined);
}

function columnsOfCall(call: MatchCall): string[] {
  if (call.kind === "cell") return [call.column];
  const { argument } = call.call;
  return argument === undefined ? [] : [...columnsOfAll([argument])];
}

function mapVariable(
  variable: PatternVariable,
  change: (expression: Expression) => Expression,
): PatternVariable {
  const { condition, unless } = variable;
  return {
    ...variable,
    ...(condition === undefined ? {} : { condition: change(condition) }),
    ...(unless === undefined ? {} : { unless: change(unless) }),
  };
}
