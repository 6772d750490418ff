import type { Duration, FieldType } from "@millrace/core";
import {
  checkGrid,
  type Expression,
  type GridColumn,
  type GridUpTo,
  type ResampleNode,
} from "@millrace/plan";
import { expressionRow } from "../expression/expression-row.ts";
import { reportProblem, runCallback } from "../expression/scope.ts";
import { type GridValueParts, isGridValue } from "./grid-values.ts";
import { checkDuplicates, checkName, type RowCallback } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

/** Options of `resample`, as they are at run time. */
export interface ResampleArguments {
  readonly every: Duration;
  readonly maxGap: Duration;
  readonly time?: string;
  readonly upTo?: GridUpTo;
  readonly columns: RowCallback;
}

/** The node of a resampling; what is wrong with it is reported. */
export function resampleNode(
  step: string,
  id: string,
  { node }: StepInput,
  options: ResampleArguments,
): ResampleNode {
  const { every: everyMs, maxGap: maxGapMs, time = "time" } = options;
  const problem = checkGrid(step, { everyMs, maxGapMs });
  if (problem !== undefined) throw problem;
  const upTo = checkedUpTo(step, options.upTo);
  checkName(step, time);
  const columns = gridColumns(step, node.schema, options.columns);
  for (const { name, method } of columns) {
    if (upTo !== "watermark" || method === "previous") continue;
    const needed = `${name} is read by ${method}; only previous is possible`;
    const reason = "up to the watermark there is no next row";
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: `${step}: ${reason}, and ${needed}` });
  }
  const keyFields = node.schema.fields.filter((field) => node.keys.includes(field.name));
  const fields: FieldType[] = [
    ...keyFields,
    { name: time, type: { kind: "timestamp", unit: "ms", nullable: false } },
    ...columns.map(({ name, expression }) => ({ name, type: expression.type })),
  ];
  checkDuplicates(step, fields);
  const grid = { keys: node.keys, everyMs, anchorMs: 0, maxGapMs, upTo };
  return { inputs: [node.id], schema: { fields }, id, kind: "resample", ...grid, time, columns };
}

/** How far a grid goes; what is none is reported. */
export function checkedUpTo(step: string, upTo: GridUpTo = "last-row"): GridUpTo {
  if (upTo !== "last-row" && upTo !== "watermark") {
    const problem = `${step}: upTo must be last-row or watermark`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return upTo;
}

function gridColumns(
  step: string,
  schema: StepInput["node"]["schema"],
  callback: RowCallback,
): GridColumn[] {
  const row = expressionRow(schema);
  const result = runCallback(step, () => callback(row as never) as unknown, expressionsOf);
  return entriesOf(result).flatMap(([name, value]) => {
    checkName(step, name);
    if (isGridValue(value)) return [{ name, expression: value.expression, method: value.method }];
    const problem = `${step}: ${name} must say how it is read: previous, next, nearest or linear`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
    return [];
  });
}

function entriesOf(result: unknown): readonly (readonly [string, unknown])[] {
  return typeof result === "object" && result !== null ? Object.entries(result) : [];
}

function expressionsOf(result: unknown): Expression[] {
  return entriesOf(result)
    .map(([, value]) => value)
    .filter((value): value is GridValueParts => isGridValue(value))
    .map(({ expression }) => expression);
}
