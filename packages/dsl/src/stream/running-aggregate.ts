import type { Duration } from "@millrace/core";
import type { EmitChanges, RunningAggregateNode } from "@millrace/plan";
import { aggregateColumn } from "../aggregate/aggregate-column.ts";
import { takeUserFunctions } from "../aggregate/take-user-functions.ts";
import { reportProblem } from "../expression/scope.ts";
import { checkDuplicates, columnsFrom, fieldsOf, type RowCallback } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

/** Options of a running aggregation, as they are at run time. */
export interface RunningAggregateArguments {
  readonly emit?: EmitChanges;
  readonly forgetAfter?: Duration;
}

/** The node of a running aggregation; what is wrong with it is reported. */
export function runningAggregateNode(
  step: string,
  id: string,
  { draft, node }: StepInput,
  columns: RowCallback,
  options: RunningAggregateArguments,
): RunningAggregateNode {
  const { forgetAfter: forgetAfterMs } = options;
  if (forgetAfterMs !== undefined && !(Number.isSafeInteger(forgetAfterMs) && forgetAfterMs > 0)) {
    const problem = `${step}: forgetAfter must be a duration greater than zero`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  if (forgetAfterMs !== undefined && node.updating !== undefined) {
    reportProblem("PLAN_UPDATING_REFUSED", { step: `${step} with forgetAfter` });
  }
  const results = columnsFrom(step, node.schema, columns);
  const aggregates = results.map((r) => aggregateColumn(step, r.name, r.expression));
  for (const { calls } of aggregates) takeUserFunctions(draft, calls);
  const keyFields = node.schema.fields.filter((field) => node.keys.includes(field.name));
  const fields = [...keyFields, ...fieldsOf(aggregates)];
  checkDuplicates(step, fields);
  return {
    inputs: [node.id],
    schema: { fields },
    keys: node.keys,
    updating: { uniqueKey: node.keys },
    id,
    kind: "runningAggregate",
    columns: aggregates,
    emit: options.emit ?? "each-batch",
    retracts: node.updating !== undefined,
    ...(forgetAfterMs === undefined ? {} : { forgetAfterMs }),
  };
}
